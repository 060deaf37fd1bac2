using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Tidemark.Benchmarks.Micro;

/// <summary>The paths that every event takes, one by one, with what they allocate.</summary>
internal static class MicroCommand
{
    public static Command MakeCommand()
    {
        var filter = new Option<string>("--filter") { Description = "Which benchmarks, as a glob.", DefaultValueFactory = _ => "*" };
        var quick = new Option<bool>("--quick") { Description = "Three short iterations, for a first look." };
        var command = new Command("micro", "Micro benchmarks of the paths that every event takes.") { filter, quick };
        command.SetAction(parsed => Run(parsed.GetValue(filter)!, parsed.GetValue(quick)));
        return command;
    }

    // In this process: the usual way builds a project of its own under this tree's build rules, which it does not keep.
    private static void Run(string filter, bool quick)
    {
        var job = (quick ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
        var config = ManualConfig.Create(DefaultConfig.Instance).AddJob(job).AddDiagnoser(MemoryDiagnoser.Default);
        BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(["--filter", filter], config);
    }
}
