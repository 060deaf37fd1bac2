using System.Diagnostics;
using Tidemark.TestKit;

namespace Tidemark.Architecture.Tests;

public sealed class SpecTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task Rules_hold_in_every_state_and_every_broken_variant_is_caught()
    {
        string? missing = Requirements.SpinMissing();
        Assert.SkipWhen(missing is not null, missing ?? "");
        var start = new ProcessStartInfo("bash", [Repository.PathOf("spec", "check.sh")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        using Process check = Process.Start(start)!;
        Task<string> output = check.StandardOutput.ReadToEndAsync();
        Task<string> errors = check.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            await check.WaitForExitAsync(deadline.Token);
        }
        finally
        {
            check.Kill(entireProcessTree: true);
        }

        check.ExitCode.ShouldBe(0, $"{await output}\n{await errors}");
    }
}
