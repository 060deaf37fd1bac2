using Microsoft.Extensions.DependencyInjection;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Simulation.Tests.Deliveries;

/// <summary>
/// One run with subscriptions that are made while events are appended: an append begins as soon as its subscription is made. Consumers are
/// away, slow and hang, answers are lost, stores of consumers are restored from backups, daemons are restarted, fenced and taken over. In
/// the end every consumer has got what it should, in order; one that keeps its token has processed nothing twice.
/// </summary>
internal sealed class DeliverySimulation : SimulatedRun
{
    private readonly SimulatedConsumers _consumers;
    private readonly List<Subscription> _made = [];
    private int _appended;

    public DeliverySimulation(int seed)
        : base(seed, afterPercentMax: 12, slowPercentMax: 10) => _consumers = new(Plan, Clock);

    /// <summary>How many subscriptions were made, each followed by an append.</summary>
    public int Made => _made.Count;

    /// <summary>How many events were handed to consumers that do not keep their token, and more than once.</summary>
    public int Repeated { get; private set; }

    protected override void Build(TidemarkBuilder node)
    {
        node.Services.AddSingleton<IDeliveryTargetSource>(_consumers);
        node.Configure(o => o.Shards.TokenSyncInterval = TimeSpan.FromSeconds(10));
    }

    protected override async Task PlayAsync()
    {
        for (var n = Random.Next(10, 40); n > 0; n--)
            await StepAsync();
    }

    private async Task StepAsync()
    {
        var kind = Random.Next(24);
        Step = $"event {_appended}, subscription {_made.Count}, kind {kind}";
        switch (kind)
        {
            case < Disturbances:
                await DisturbAsync(kind);
                break;
            case < 6:
                foreach (var (_, consumer) in _consumers.All.Where(_ => Random.Next(4) == 0))
                    consumer.Restore(Random.Next(10));
                break;
            case < 10:
                await AppendAsync($"all-{Random.Next(4)}", Random.Next(1, 30));
                break;
            default:
                await SubscribeThenAppendAsync(Random.Next(1, 6));
                break;
        }
    }

    // Several at once, by the same and by several nodes.
    private async Task SubscribeThenAppendAsync(int count)
    {
        var plans = Enumerable.Range(_made.Count, count).Select(n => (Node: AnyHost, Definition: Draw(n))).ToArray();
        _made.AddRange(await Task.WhenAll(plans.Select(async plan =>
        {
            var made = await SubscribeAsync(plan.Node, plan.Definition);
            await AppendAsync($"own-{plan.Definition.Name}-1", 1);
            return made;
        })));
    }

    private SubscriptionDefinition Draw(int n) => new()
    {
        Name = $"s{n}",
        Kind = SubscriptionKind.Remote,
        StreamPrefix = Random.Next(3) == 0 ? null : $"own-s{n}-",
        Start = Random.Next(3) == 0 ? SubscriptionStart.Beginning : SubscriptionStart.End,
        KeepsOwnToken = Random.Next(2) == 0,
        Partitions = Random.Next(4) == 0 ? 2 : 1,
        Policy = new()
        {
            BatchEventsMax = Random.Next(1, 12),
            CallTimeout = TimeSpan.FromSeconds(5),
            RetryMin = TimeSpan.FromMilliseconds(100),
        },
    };

    // A subscription without an answer is made again, as an application would.
    private static async Task<Subscription> SubscribeAsync(TidemarkHost node, SubscriptionDefinition definition)
    {
        while (true)
        {
            try
            {
                return await node.Subscriptions.CreateAsync(definition);
            }
            catch (Exception e) when (e is Faults.OutageException)
            {
                // Once more.
            }
        }
    }

    private async Task AppendAsync(string stream, int count)
    {
        var type = Accounts.Types.Of(typeof(Deposited));
        for (var n = 0; n < count; n++)
        {
            var number = Interlocked.Increment(ref _appended);
            var id = new Guid(number, 0, 0, BitConverter.GetBytes((long)Seed));
            await Data.Log.AppendAsync(
                [new("", stream, Slot.Of("", stream), ExpectedVersion.Any, [new(id, type.Name, type.Encode(new Deposited(number)), null)])],
                CancellationToken.None);
        }
    }

    protected override async Task SettleAsync()
    {
        Step = "waiting until everything is delivered";
        var log = await LogAsync();
        var last = _made.ToDictionary(s => (s.Name, s.Incarnation), s => Wanted(s, log).LastOrDefault()?.Position ?? Position.Beginning);
        await Eventually.TrueAsync(
            async () =>
            {
                var stored = (await Data.Checkpoints.ReadAllAsync(CancellationToken.None))
                    .GroupBy(c => (c.Shard.Projection, c.Shard.Generation)).ToDictionary(g => g.Key, g => g.ToArray());
                return last.All(l => stored.TryGetValue(l.Key, out var shards) && HasAll(l.Key.Name, log, shards.Length));
            },
            () => Where);
    }

    protected override async Task CheckAsync()
    {
        var log = await LogAsync();
        foreach (var subscription in _made)
        {
            var wanted = Wanted(subscription, log).Select(e => e.Position.Value).ToArray();
            var got = Got(subscription.Name);
            got.SelectMany(g => g).Select(e => e.Position.Value).Distinct().Order().ToArray()
                .ShouldBe(wanted, What($"{subscription.Name} from {subscription.StartOn("main")}"));
            foreach (var shard in got)
                CheckOrder(subscription, [.. shard.Select(e => e.Position)]);
        }
    }

    // A batch may come again, from its beginning; nothing comes before its turn.
    private void CheckOrder(Subscription subscription, Position[] got)
    {
        var first = got.Distinct().ToArray();
        first.ShouldBeInOrder(SortDirection.Ascending, What(subscription.Name));
        if (subscription.Definition.KeepsOwnToken)
            got.Length.ShouldBe(first.Length, What($"{subscription.Name} keeps its token"));
        Repeated += got.Length - first.Length;
    }

    private bool HasAll(string name, IReadOnlyList<RecordedEvent> log, int shards)
    {
        var subscription = _made.Find(s => s.Name == name)!;
        return shards == subscription.Definition.Partitions
            && Got(name).SelectMany(g => g).Select(e => e.Position).Distinct().Count() >= Wanted(subscription, log).Count();
    }

    private IReadOnlyList<RecordedEvent>[] Got(string name) =>
        [.. _consumers.All.Where(c => c.Key.Projection == name).Select(c => c.Value.Effects)];

    // What is appended after a subscription to it was made is its own stream's, all of it.
    private static IEnumerable<RecordedEvent> Wanted(Subscription subscription, IReadOnlyList<RecordedEvent> log) =>
        subscription.Definition.StreamPrefix is { } own
            ? log.Where(e => e.StreamId.Value.StartsWith(own, StringComparison.Ordinal))
            : log.Where(e => e.Position > subscription.StartOn("main"));

    private async Task<IReadOnlyList<RecordedEvent>> LogAsync() =>
        (await Data.Log.ReadAsync(new LogRead(default, Position.Max, LogFilter.All, int.MaxValue, int.MaxValue), CancellationToken.None))
            .Events;
}
