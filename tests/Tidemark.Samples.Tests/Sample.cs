using Tidemark.TestKit.Processes;

namespace Tidemark.Samples.Tests;

/// <summary>Runs a sample as its users do: as a process, and looks at what it prints.</summary>
internal static class Sample
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    public static Task<ChildProcess> StartAsync(string name, params string[] arguments) =>
        ChildProcess.StartAsync(Path.Combine(AppContext.BaseDirectory, name + ".dll"), arguments);

    public static async Task<(int ExitCode, string Output)> RunAsync(string name, params string[] arguments)
    {
        await using var process = await StartAsync(name, arguments);
        var exitCode = await process.WaitForExitAsync(Deadline);
        return (exitCode, string.Join('\n', process.Output.Snapshot()));
    }
}
