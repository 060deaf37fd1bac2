using System.Diagnostics;
using System.Globalization;

namespace Tidemark.Simulation.Tests.Sessions;

/// <summary>
/// The session logic of both sides against the specification of delivery, over histories made from seeds. TIDEMARK_SEED=n plays the one
/// with seed n; TIDEMARK_RUNS says how many there are without it.
/// </summary>
public sealed class SessionModelTests(ITestOutputHelper output)
{
    private const int Histories = 120_000;
    private const int MutantHistoriesMax = 200_000;

    public static TheoryData<string> Mutants => [.. Enum.GetNames<Mutant>().Where(name => name != nameof(Mutant.None))];

    [Fact]
    public void Delivery_skips_nothing_keeps_the_order_and_repeats_no_more_than_what_was_in_flight()
    {
        var watch = Stopwatch.StartNew();
        var given = Number("TIDEMARK_SEED") ?? Number("TIDEMARK_TEST_SEED");
        var first = given ?? Random.Shared.Next(1_000_000_000);
        var count = given is null ? Number("TIDEMARK_RUNS") ?? Histories : 1;
        var tally = new ModelTally();
        for (var seed = first; seed < first + count; seed++)
        {
            if (new DeliveryHistory(seed, Mutant.None, tally).Run() is { } violation)
                Assert.Fail($"TIDEMARK_SEED={seed} breaks the promise: {violation}\n{TraceOf(seed, Mutant.None)}");
        }

        output.WriteLine($"Seeds {first} to {first + count - 1}, {watch.Elapsed.TotalSeconds:F1} s: {tally}");
        if (count < 1_000)
            return;
        long[] happened =
        [
            tally.Empty, tally.Repeats, tally.Partly, tally.Ignored, tally.Elsewhere, tally.Repositions,
            tally.Same, tally.Ahead, tally.Fenced, tally.Recorded, tally.Faulted,
        ];
        happened.ShouldAllBe(times => times > count / 100);
        tally.Effects.ShouldBeGreaterThan(10 * count);
    }

    [Theory]
    [MemberData(nameof(Mutants))]
    public void Broken_rule_is_caught(string rule)
    {
        var mutant = Enum.Parse<Mutant>(rule);
        var first = Number("TIDEMARK_SEED") ?? 1;
        for (var seed = first; seed < first + MutantHistoriesMax; seed++)
        {
            if (new DeliveryHistory(seed, mutant, new ModelTally()).Run() is { } violation)
            {
                output.WriteLine($"{mutant} is caught by seed {seed}: {violation}");
                return;
            }
        }

        Assert.Fail($"{mutant} breaks no promise in {MutantHistoriesMax} histories.");
    }

    private static string TraceOf(int seed, Mutant mutant)
    {
        var history = new DeliveryHistory(seed, mutant, new ModelTally(), traced: true);
        history.Run();
        return history.Trace;
    }

    private static int? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
