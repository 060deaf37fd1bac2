using Tidemark.TestKit.Processes;

namespace Tidemark.TestKit.Tests;

internal static class Probe
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task<ChildProcess> StartAsync(params string[] arguments) =>
        ChildProcess.StartAsync(Path.Combine(AppContext.BaseDirectory, "Tidemark.TestKit.Probe.dll"), arguments);

    public static bool IsRunning(int processId) => File.Exists($"/proc/{processId}/status");

    /// <summary>Waits for something that another process does and does not announce.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!condition())
        {
            if (deadline.IsCancellationRequested)
                throw new TimeoutException($"Not within {Patience}: {what}");
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
