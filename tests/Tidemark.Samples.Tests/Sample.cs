using Tidemark.TestKit.Processes;

namespace Tidemark.Samples.Tests;

/// <summary>Runs a sample as its users do: as a process, and looks at what it prints.</summary>
internal static class Sample
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    public static async Task<(int ExitCode, string Output)> RunAsync(string name, params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, name + ".dll");
        await using var process = await ChildProcess.StartAsync(program, arguments);
        var exitCode = await process.WaitForExitAsync(Deadline);
        return (exitCode, string.Join('\n', process.Output.Snapshot()));
    }
}
