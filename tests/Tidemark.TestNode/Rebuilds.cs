using System.Runtime.InteropServices;
using Tidemark.Hosting;
using Tidemark.TestNode.Bank;

namespace Tidemark.TestNode;

/// <summary>
/// Rebuilds every projection at each SIGHUP; tells "rebuilt PROJECTION" as each is done, or "not rebuilt PROJECTION REASON".
/// </summary>
public sealed class Rebuilds : IDisposable
{
    private readonly Daemon _daemon;
    private readonly PosixSignalRegistration _asked;

    public Rebuilds(Daemon daemon)
    {
        _daemon = daemon;
        _asked = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            foreach (string projection in BankSetup.ProjectionNames)
                _ = Task.Run(() => RebuildAsync(projection));
        });
    }

    public void Dispose() => _asked.Dispose();

    private async Task RebuildAsync(string projection)
    {
        try
        {
            await _daemon.RebuildAsync(projection);
            Console.WriteLine($"rebuilt {projection}");
        }
        catch (Exception error)
        {
            Console.WriteLine($"not rebuilt {projection} {error.Message.ReplaceLineEndings(" ")}");
        }
    }
}
