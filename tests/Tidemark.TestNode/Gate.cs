using System.Runtime.InteropServices;

namespace Tidemark.TestNode;

/// <summary>Holds whoever passes until a SIGHUP opens it for good: so a test can look at what goes on meanwhile.</summary>
public sealed class Gate : IDisposable
{
    private readonly ManualResetEventSlim _open = new();
    private readonly PosixSignalRegistration _asked;

    public Gate() => _asked = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
    {
        context.Cancel = true;
        _open.Set();
    });

    /// <summary>Tells "held" and waits, unless it is open.</summary>
    public void Pass()
    {
        if (_open.IsSet)
            return;
        Console.WriteLine("held");
        _open.Wait();
    }

    public void Dispose()
    {
        _asked.Dispose();
        _open.Dispose();
    }
}
