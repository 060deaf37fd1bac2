using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Shards;

public sealed class ShardTransitionsTests
{
    private static readonly ShardState[] All = Enum.GetValues<ShardState>();

    [Fact]
    public void Every_state_has_an_exit_and_none_leads_to_itself()
    {
        foreach (var state in All)
        {
            ShardTransitions.From(state).ShouldNotBeEmpty();
            ShardTransitions.Allows(state, state).ShouldBeFalse();
            All.Where(s => ShardTransitions.Allows(state, s)).Order().ShouldBe(ShardTransitions.From(state).Order());
        }
    }

    [Fact]
    public void Every_running_state_can_be_stopped()
    {
        foreach (var state in All.Where(s => s != ShardState.Stopped))
            ShardTransitions.Allows(state, ShardState.Stopped).ShouldBeTrue(state.ToString());
    }

    [Fact]
    public void Every_state_is_reached_from_every_other()
    {
        foreach (var from in All)
            Reachable(from).Order().ShouldBe(All.Order());
    }

    [Fact]
    public void Pause_leads_through_a_handshake() =>
        ShardTransitions.From(ShardState.Paused).Order().ShouldBe([ShardState.Stopped, ShardState.Starting]);

    [Fact]
    public void Delivery_begins_with_a_handshake()
    {
        // Into a delivering state there is no way but from Starting or from the other delivering state.
        All.Where(s => ShardTransitions.Allows(s, ShardState.CatchingUp))
            .ShouldBe([ShardState.Starting, ShardState.Live], ignoreOrder: true);
        All.Where(s => ShardTransitions.Allows(s, ShardState.Live)).ShouldBe([ShardState.CatchingUp]);
    }

    [Fact]
    public void Random_walks_never_end()
    {
        var random = new Random(Seed.New());
        var visits = new Dictionary<ShardState, int>();
        var state = ShardState.Stopped;
        for (var i = 0; i < 2000; i++)
        {
            var next = ShardTransitions.From(state);
            state = next[random.Next(next.Count)];
            visits[state] = visits.GetValueOrDefault(state) + 1;
        }

        visits.Keys.Order().ShouldBe(All.Order());
    }

    private static HashSet<ShardState> Reachable(ShardState from)
    {
        var reached = new HashSet<ShardState>();
        var open = new Queue<ShardState>([from]);
        while (open.TryDequeue(out var state))
        {
            foreach (var next in ShardTransitions.From(state).Where(reached.Add))
                open.Enqueue(next);
        }

        return reached;
    }
}
