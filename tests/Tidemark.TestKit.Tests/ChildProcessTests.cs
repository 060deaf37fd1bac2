using System.Globalization;
using Tidemark.TestKit.Processes;

namespace Tidemark.TestKit.Tests;

public sealed class ChildProcessTests
{
    [Fact]
    public async Task Output_of_a_child_arrives_line_by_line()
    {
        await using ChildProcess child = await Probe.StartAsync("echo", "one", "two words");

        (await child.WaitForExitAsync(Eventually.Patience)).ShouldBe(0);

        child.Output.Snapshot().ShouldBe(["one two words"]);
    }

    [Fact]
    public async Task Exit_code_of_a_child_is_its_own()
    {
        await using ChildProcess child = await Probe.StartAsync("exit", "7");

        (await child.WaitForExitAsync(Eventually.Patience)).ShouldBe(7);
        await Should.ThrowAsync<TestKitException>(() => child.Output.WaitForAsync("never said", Eventually.Patience));
    }

    [Fact]
    public async Task Kill9_ends_a_child_at_once()
    {
        await using ChildProcess child = await Probe.StartAsync("beat");
        await child.Output.WaitForAsync("beat 1", Eventually.Patience);

        await child.Kill9();

        child.HasExited.ShouldBeTrue();
        (await child.WaitForExitAsync(Eventually.Patience)).ShouldBe(128 + 9);
        Probe.IsRunning(child.ProcessId).ShouldBeFalse();
    }

    [Fact]
    public async Task Stop_freezes_a_child_and_Continue_wakes_it()
    {
        await using ChildProcess child = await Probe.StartAsync("beat");
        await child.Output.WaitForAsync("beat 3", Eventually.Patience);

        await child.StopAsync();
        StatesOf(child.ProcessId).ShouldAllBe(state => state == 'T');

        child.Continue();
        int beats = child.Output.Snapshot().Count;
        await child.Output.WaitForAsync($"beat {beats + 3}", Eventually.Patience);
    }

    [Fact]
    public async Task No_thread_of_a_busy_child_runs_once_it_is_stopped()
    {
        await using ChildProcess child = await Probe.StartAsync("busy");
        await child.Output.WaitForAsync("busy", Eventually.Patience);

        // The signal alone would do now and then.
        for (int round = 0; round < 10; round++)
        {
            await child.StopAsync();
            StatesOf(child.ProcessId).ShouldAllBe(state => state == 'T');
            child.Continue();
        }
    }

    [Fact]
    public async Task Children_end_when_the_process_that_started_them_is_killed()
    {
        await using ChildProcess parent = await Probe.StartAsync("parent");
        string line = await parent.Output.WaitForAsync("child ", Eventually.Patience);
        int grandchild = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
        Probe.IsRunning(grandchild).ShouldBeTrue();

        await parent.Kill9();

        await Eventually.TrueAsync(() => !Probe.IsRunning(grandchild), $"process {grandchild} ends");
    }

    [Fact]
    public async Task Missing_program_is_named()
    {
        TestKitException error = await Should.ThrowAsync<TestKitException>(() => ChildProcess.StartAsync("/no/such/program.dll"));

        error.Message.ShouldContain("/no/such/program.dll");
    }

    private static char[] StatesOf(int processId) =>
    [
        .. Directory.GetDirectories($"/proc/{processId}/task").Select(thread => File.ReadAllText(Path.Combine(thread, "stat")))
            .Select(status => status[status.LastIndexOf(')') + 2]),
    ];
}
