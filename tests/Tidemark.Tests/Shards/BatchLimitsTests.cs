using FsCheck;
using FsCheck.Fluent;
using Tidemark.Events;
using Tidemark.Shards;

namespace Tidemark.Tests.Shards;

public sealed class BatchLimitsTests
{
    /// <summary>A log, its bad events, the size of batches, and whether errors name the event.</summary>
    private sealed record Case(int[] Positions, int[] Bad, int BatchMax, bool Named);

    private static readonly Gen<Case> Cases =
        from holes in Gen.NonEmptyListOf(Gen.Frequency((5, Gen.Constant(1)), (1, Gen.Choose(2, 9))))
        let positions = holes.Aggregate(new List<int> { 0 }, (all, hole) => [.. all, all[^1] + hole]).Skip(1).ToArray()
        from bad in Gen.Frequency((1, Gen.Constant(Array.Empty<int>())), (6, Gen.SubListOf(positions).Select(l => l.ToArray())),
            (6, Gen.Elements(positions).Select(p => new[] { p })))
        from batchMax in Gen.Elements(1, 2, 3, 7, 64, 1000)
        from named in Gen.Elements(true, false)
        select new Case(positions, bad, batchMax, named);

    [Fact]
    public void Exactly_the_bad_events_are_found_each_tried_twice_at_a_bounded_cost() => Prop.ForAll(Arb.From(Cases), c =>
    {
        var run = new Run(c);
        run.ToTheEnd();

        run.Found.ShouldBe(c.Bad.Order());
        run.Tried.ShouldAllBe(t => t.Value >= 2);
        var halvings = Math.Ceiling(Math.Log2(Math.Min(c.BatchMax, c.Positions.Length) + 1)) + 1;
        var whole = (c.Positions.Length / c.BatchMax) + 1;
        var perBad = c.Named ? 4 : 3 * halvings;
        run.Tries.ShouldBeLessThanOrEqualTo((int)(whole + ((c.Bad.Length + 1) * (perBad + 1))),
            $"{c.Positions.Length} events, {c.Bad.Length} bad");
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Named_bad_events_of_a_batch_cost_one_partial_pass_each_and_one_more() => Prop.ForAll(Arb.From(Cases), c =>
    {
        var run = new Run(c with { Named = true, BatchMax = int.MaxValue });
        run.ToTheEnd();

        run.Found.ShouldBe(c.Bad.Order());
        run.OpenPasses.ShouldBeLessThanOrEqualTo(c.Bad.Length + 1);
        run.EventsTried.ShouldBeLessThanOrEqualTo(2 * c.Positions.Length, "each event at most twice, however many are bad");
        run.EventsMax.ShouldBe(int.MaxValue, "the batches are whole again");
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(16)]
    public void Error_that_goes_away_costs_little_and_nobody_is_blamed(int failures)
    {
        var c = new Case([.. Enumerable.Range(1, 100_000)], [], 100_000, Named: false);
        var run = new Run(c) { FailFirst = failures };

        run.ToTheEnd();

        run.Found.ShouldBeEmpty();
        run.Tries.ShouldBeLessThan(failures + 30);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1)]
    public void Error_that_names_an_event_outside_the_batch_is_narrowed_down_all_the_same(int named)
    {
        var c = new Case([.. Enumerable.Range(100, 64)], [130], 64, Named: true);
        var run = new Run(c) { Blames = named };

        run.ToTheEnd();

        run.Found.ShouldBe([130]);
        run.Tries.ShouldBeLessThan(30);
    }

    [Fact]
    public void Empty_batch_that_fails_blames_nobody()
    {
        var limits = new BatchLimits(10);
        limits.Failed(new(3), new(3), 0, null).ShouldBeFalse();
        limits.Failed(new(3), new(3), 0, null).ShouldBeFalse();
        limits.EventsMax.ShouldBe(10);
    }

    /// <summary>Does what the agent does: takes a batch within the limits, fails or passes it, goes on.</summary>
    private sealed class Run(Case given)
    {
        private readonly BatchLimits _limits = new(given.BatchMax);
        private int _failed;

        public List<int> Found { get; } = [];

        public int Tries { get; private set; }

        /// <summary>Tries that took all there was, not bounded by a search.</summary>
        public int OpenPasses { get; private set; }

        public int EventsTried { get; private set; }

        public int EventsMax => _limits.EventsMax;

        public int FailFirst { get; init; }

        /// <summary>An event that every error names, whatever is at fault; null for the truth.</summary>
        public int? Blames { get; init; }

        /// <summary>How often each bad event was in a batch that reached it.</summary>
        public Dictionary<int, int> Tried { get; } = [];

        public void ToTheEnd()
        {
            var position = 0;
            while (position < given.Positions[^1])
            {
                Tries++.ShouldBeLessThan(20_000, "it comes to an end");
                var throughMax = _limits.ThroughMax(new(position));
                var batch = given.Positions.SkipWhile(p => p <= position).TakeWhile(p => p <= throughMax.Value).Take(_limits.EventsMax)
                    .ToArray();
                if (throughMax == Position.Max && _limits.EventsMax == given.BatchMax)
                    OpenPasses++;
                var bad = Array.FindIndex(batch, p => given.Bad.Contains(p) && !Found.Contains(p));
                EventsTried += (given.Named && bad >= 0 ? batch[..(bad + 1)] : batch).Count(p => !Found.Contains(p));
                var through = batch.Length == 0 ? (int)throughMax.Value : batch[^1];
                if (Fails(position, batch))
                    continue;
                position = through;
                _limits.Passed(new(position));
            }
        }

        private bool Fails(int after, int[] batch)
        {
            if (_failed < FailFirst)
            {
                _failed++;
                Settle(after, batch, null, batch[0]);
                return true;
            }

            var bad = batch.FirstOrDefault(p => given.Bad.Contains(p) && !Found.Contains(p));
            if (bad == 0)
                return false;
            Tried[bad] = Tried.GetValueOrDefault(bad) + 1;
            Settle(after, given.Named ? [.. batch.TakeWhile(p => p <= bad)] : batch, given.Named ? Blames ?? bad : null, bad);
            return true;
        }

        private void Settle(int after, int[] tried, int? blamed, int bad)
        {
            if (!_limits.Failed(new(after), new(tried[^1]), tried.Length, blamed is { } b ? new Position(b) : null))
                return;
            tried.ShouldBe([bad]);
            Found.Add(bad);
            _limits.Reset();
        }
    }
}
