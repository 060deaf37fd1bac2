using Tidemark.TestKit.Processes;

namespace Tidemark.TestKit.Tests;

internal static class Probe
{
    public static Task<ChildProcess> StartAsync(params string[] arguments) =>
        ChildProcess.StartAsync(Path.Combine(AppContext.BaseDirectory, "Tidemark.TestKit.Probe.dll"), arguments);

    public static bool IsRunning(int processId) => File.Exists($"/proc/{processId}/status");
}
