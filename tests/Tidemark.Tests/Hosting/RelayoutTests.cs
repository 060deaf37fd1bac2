using FsCheck;
using FsCheck.Fluent;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Hosting;

/// <summary>The checkpoints of split and merged shards, as a pure function.</summary>
public sealed class RelayoutTests
{
    private const int Span = 60;

    private static readonly ShardName Whole = new("Orders", 1, SlotRange.All, "main");

    private sealed record Step(int[] Borders, int[] Advances);

    private static readonly Gen<Step> Steps =
        from count in Gen.Choose(0, 5)
        from borders in Gen.Choose(1, Slot.Count - 1).ArrayOf(count)
        from advances in Gen.Choose(0, Span / 6).ArrayOf(6)
        select new Step(borders, advances);

    [Fact]
    public void Merge_of_a_slow_and_a_fast_half_begins_at_the_slow_one_and_notes_the_fast_one()
    {
        var (low, high) = (Whole with { Slots = new(0, 511) }, Whole with { Slots = new(512, 1023) });
        var anchor = Guid.NewGuid();

        var made = Relayout.Make(
            Whole, [new(low, new(40), new(3), Guid.NewGuid(), new(39), default), new(high, new(25), new(4), anchor, new(24), default)],
            new(9));

        (made.Position, made.Epoch, made.Anchor, made.AnchorPosition).ShouldBe((new(25), new(9), anchor, new(24)));
        made.Ahead.ShouldBe([new SlotProgress(low.Slots, new(40))]);
    }

    [Fact]
    public void Part_of_one_shard_begins_where_that_stood()
    {
        var (low, high) = (Whole with { Slots = new(0, 511) }, Whole with { Slots = new(512, 1023) });

        var made = Relayout.Make(
            Whole with { Slots = new(600, 700) },
            [new(low, new(4), new(3), null, default, default), new(high, new(25), new(4), null, default, default)], new(9));

        made.Position.ShouldBe(new Position(25));
        made.Ahead.ShouldBeEmpty();
    }

    [Fact]
    public void Any_chain_of_splits_and_merges_covers_exactly_what_the_parts_had_done()
    {
        foreach (var steps in Seed.Cases(Steps.ArrayOf(8), 100))
        {
            List<Checkpoint> now = [new(Whole, new(0), new(1), null, default, default)];
            var done = new long[Slot.Count];
            foreach (var step in steps)
            {
                for (var i = 0; i < now.Count; i++)
                    now[i] = Advance(now[i], step.Advances[i % step.Advances.Length], done);
                now = [.. Ranges(step.Borders).Select(r => Relayout.Make(Whole with { Slots = r }, now, new(1)))];

                now.Sum(c => c.Shard.Slots.Count).ShouldBe(Slot.Count);
                foreach (var checkpoint in now)
                    ShouldCover(checkpoint, done);
            }
        }
    }

    // Works on events at every position, for every slot, as a shard does.
    private static Checkpoint Advance(Checkpoint checkpoint, int by, long[] done)
    {
        var scope = ScopeOf(checkpoint);
        for (var position = checkpoint.Position.Value + 1; position <= checkpoint.Position.Value + by; position++)
        {
            for (var slot = checkpoint.Shard.Slots.First; slot <= checkpoint.Shard.Slots.Last; slot++)
            {
                if (scope.Includes(slot, new(position)))
                    (done[slot] + 1).ShouldBe(done[slot] = position);
            }
        }

        return checkpoint with { Position = new(checkpoint.Position.Value + by) };
    }

    private static void ShouldCover(Checkpoint checkpoint, long[] done)
    {
        var scope = ScopeOf(checkpoint);
        for (var slot = checkpoint.Shard.Slots.First; slot <= checkpoint.Shard.Slots.Last; slot++)
        {
            done[slot].ShouldBeGreaterThanOrEqualTo(checkpoint.Position.Value);
            var next = checkpoint.Position.Value + 1;
            while (!scope.Includes(slot, new(next)))
                next++;
            next.ShouldBe(done[slot] + 1);
        }
    }

    private static SlotScope ScopeOf(Checkpoint checkpoint)
    {
        var scope = new SlotScope(checkpoint.Shard.Slots);
        scope.Set(SlotProgress.Parse(SlotProgress.Format(checkpoint.Ahead)), checkpoint.Position);
        return scope;
    }

    private static IEnumerable<SlotRange> Ranges(int[] borders)
    {
        var first = 0;
        foreach (var border in borders.Distinct().Order().Append(Slot.Count))
        {
            yield return new((short)first, (short)(border - 1));
            first = border;
        }
    }
}
