using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Simulation.Tests.Faults;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Simulation.Tests;

/// <summary>
/// One run with tenants that share shards: they flood, their events fail and are mended, daemons are restarted, fenced and taken
/// over, and calls fail. In the end every event took effect once, in the order of its stream.
/// </summary>
internal sealed class TenantSimulation(int seed) : SimulatedRun(seed, afterPercentMax: 12, slowPercentMax: 10)
{
    private static readonly string[] Tenants = ["", "acme", "bolt", "core"];
    private static readonly string[] Streams = ["a", "b", "c"];

    private readonly Poison _poison = new();
    private readonly List<(string Tenant, string Stream, long Amount)> _log = [];

    /// <summary>How often a commit of a shard held tenants left behind because of a flood, at the looks that were taken.</summary>
    public int Floods { get; private set; }

    /// <summary>The same for an error.</summary>
    public int Errors { get; private set; }

    protected override void Build(TidemarkBuilder node) => node
        .AddProjection(new Diaries(_poison)).AddProjection(new Shares(_poison)).AddProjection(new Counts(new Poison()))
        .Configure(o =>
        {
            o.Shards.TurnEventsMax = Random.Next(1, 12);
            o.Shards.TenantsBehindMax = Random.Next(8) == 0 ? 1 : 100;
            o.Shards.TenantWeights["acme"] = Random.Next(2) == 0 ? 0.5 : 3;
        });

    protected override async Task PlayAsync()
    {
        for (var n = Random.Next(20, 60); n > 0; n--)
        {
            await StepAsync();
            await LookAsync();
        }
    }

    private async Task StepAsync()
    {
        var kind = Random.Next(20);
        Step = $"event {_log.Count}, kind {kind}";
        switch (kind)
        {
            case < Disturbances:
                await DisturbAsync(kind);
                break;
            case 3 or 4:
                foreach (var (_, _, amount) in _log.Where(_ => Random.Next(3) == 0))
                    _poison.Heal(amount);
                break;
            case 5 or 6:
                AnyHost.Daemon.Resume(Random.Next(2) == 0 ? "Diaries" : "Shares");
                break;
            case 7 or 8 or 9:
                await AppendAsync(Tenants[Random.Next(Tenants.Length)], Random.Next(20, 120));
                break;
            default:
                await AppendAsync(Tenants[Random.Next(Tenants.Length)], 1);
                break;
        }
    }

    private async Task LookAsync()
    {
        var behind = (await Data.Checkpoints.ReadAllAsync(CancellationToken.None)).SelectMany(c => c.Behind).ToArray();
        Floods += behind.Any(b => b.Reason == TenantBehindReason.Flood) ? 1 : 0;
        Errors += behind.Any(b => b.Reason == TenantBehindReason.Error) ? 1 : 0;
    }

    // One append is one position after the other; in memory positions are dense, so that an event's amount is its position.
    private async Task AppendAsync(string tenant, int count)
    {
        var type = Accounts.Types.Of(typeof(Deposited));
        for (var n = 0; n < count; n++)
        {
            var (stream, amount) = (Streams[Random.Next(Streams.Length)], (long)_log.Count + 1);
            if (Random.Next(count == 1 ? 6 : 60) == 0)
                _poison.Add(amount);
            var id = new Guid((int)amount, 0, 0, BitConverter.GetBytes((long)Seed));
            await Data.Log.AppendAsync(
                [new(tenant, stream, Slot.Of(tenant, stream), ExpectedVersion.Any,
                    [new(id, type.Name, type.Encode(new Deposited(amount)), null)])],
                CancellationToken.None);
            _log.Add((tenant, stream, amount));
        }
    }

    protected override async Task SettleAsync()
    {
        foreach (var (_, _, amount) in _log)
            _poison.Heal(amount);
        await CaughtUpAsync();
    }

    protected override async Task CheckAsync()
    {
        foreach (var tenant in Tenants)
        {
            var store = Host.Store.ForTenant(tenant);
            var own = _log.Where(e => e.Tenant == tenant).ToArray();
            foreach (var stream in Streams)
                ((await store.Documents<Diary>().FindAsync(stream))?.Amounts ?? "")
                    .ShouldBe(string.Concat(own.Where(e => e.Stream == stream).Select(e => $"{e.Amount};")), What($"{tenant}/{stream}"));
            for (var rest = 0; rest < 3; rest++)
            {
                var amounts = own.Where(e => e.Amount % 3 == rest).Select(e => e.Amount).ToArray();
                (await store.Documents<Share>().FindAsync($"k{rest}") ?? new(0, 0))
                    .ShouldBe(new Share(amounts.Sum(), amounts.Length), What($"shares of {tenant}"));
            }
        }

        for (var rest = 0; rest < 3; rest++)
            Data.ReadRows("counts").Where(r => r.Key == $"k{rest}").Sum(r => (long)r.Values["total"]!)
                .ShouldBe(_log.Where(e => e.Amount % 3 == rest).Sum(e => e.Amount), What("counts"));
    }
}
