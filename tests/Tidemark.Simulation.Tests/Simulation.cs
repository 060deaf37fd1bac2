using FsCheck;
using FsCheck.Fluent;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Simulation.Tests;

/// <summary>One run: a node whose database fails, whose daemon is restarted and fenced, and whose log holds bad events.</summary>
internal sealed class Simulation : SimulatedRun
{
    private static readonly string[] Async = ["Balances", "Books", "AllBooks", "Totals"];

    private readonly List<(Guid Id, Happening Happening)> _acknowledged = [];
    private readonly List<Task> _rebuilds = [];
    private long _nextId;
    private readonly bool _twoNodes;

    public Simulation(int seed)
        : base(seed, afterPercentMax: 8, slowPercentMax: 15) => _twoNodes = Random.Next(3) == 0;

    public int Faults => Plan.Injected;

    public int Events { get; private set; }

    public int DeadLetters { get; private set; }

    protected override void Build(TidemarkBuilder node)
    {
        var skip = new ErrorOptions { Apply = ErrorAction.Skip, Serialization = ErrorAction.Skip, UnknownType = ErrorAction.Skip };
        node.AddProjection<Balances>().AddProjection<Books>().AddProjection(new Books(acrossTenants: true)).AddProjection<Totals>()
            .AddProjection<Tally>(ProjectionLifecycle.Inline)
            .Configure(o =>
            {
                o.Log.FlushAppendsMax = Random.Next(1, 5);
                o.Shards.Errors = o.Shards.ErrorsWhileRebuilding = skip;
            });
    }

    protected override async Task PlayAsync()
    {
        foreach (var happening in Gen.ListOf(BankLedger.Happenings, Random.Next(10, 60)).Sample(1, new Rnd((ulong)Seed), 50).Single())
            await StepAsync(happening);
    }

    private async Task StepAsync(Happening happening)
    {
        var kind = Random.Next(30);
        Step = $"step {_acknowledged.Count} of kind {kind}";
        switch (kind)
        {
            case 0:
                await AppendMalformedAsync(happening);
                break;
            case 1:
                await AppendAsync(happening with { Event = new Deposited(BankLedger.Forbidden) });
                break;
            case 2:
                await RestartDaemonAsync(abort: Random.Next(2) == 0);
                break;
            case 3:
                await ReopenAsync();
                break;
            case 4 or 5:
                await FenceAsync();
                break;
            case 6 when _twoNodes:
                await TakeOverAsync();
                break;
            case 6:
                _rebuilds.Add(Host.Daemon.RebuildAsync(Async[Random.Next(Async.Length)]));
                break;
            case 7:
                await Task.WhenAll(Enumerable.Range(0, 5).Select(n => AppendAsync(happening with { Account = $"{happening.Account}{n}" })));
                break;
            default:
                await AppendAsync(happening);
                break;
        }
    }

    // An append without an answer is repeated with the same id until there is one, as an application would.
    private async Task AppendAsync(Happening happening)
    {
        var id = NextId();
        while (true)
        {
            try
            {
                await Host.Store.ForTenant(happening.Tenant).AppendAsync(
                    happening.Account, ExpectedVersion.Any, [new NewEvent(happening.Event) { Id = id }]);
                lock (_acknowledged)
                    _acknowledged.Add((id, happening));
                return;
            }
            catch (AppendFailedException e)
            {
                e.EventIds.ShouldBe([id]);
            }
        }
    }

    private async Task AppendMalformedAsync(Happening h) => await Data.Log.AppendAsync(
        [new(h.Tenant, h.Account, Slot.Of(h.Tenant, h.Account), ExpectedVersion.Any, [new(NextId(), "deposited", "[]"u8.ToArray(), null)])],
        CancellationToken.None);

    protected override async Task SettleAsync()
    {
        Step = $"waiting for {_rebuilds.Count} rebuilds";
        foreach (var rebuild in _rebuilds)
            await ((Task)Task.WhenAny(rebuild)).InTime();
        await CaughtUpAsync();
    }

    protected override async Task CheckAsync()
    {
        var all = new LogRead(default, Position.Max, LogFilter.All, int.MaxValue, int.MaxValue);
        var log = (await Data.Log.ReadAsync(all, CancellationToken.None)).Events;
        Events = log.Count;
        log.Select(e => e.Id).ShouldBeUnique(What("an event is stored once"));
        log.Select(e => e.Id).Intersect(_acknowledged.Select(a => a.Id)).Count()
            .ShouldBe(_acknowledged.Count, What("what was acknowledged is stored"));
        foreach (var stream in log.GroupBy(e => (e.Tenant, e.StreamId)))
            stream.Select(e => e.Version.Value)
                .ShouldBe(Enumerable.Range(1, stream.Count()).Select(n => (long)n), What("versions are contiguous"));

        var ledger = new BankLedger();
        var withdrawn = new Sum(0, 0);
        foreach (var e in log)
        {
            e.Decode(Accounts.Types, keepJson: true);
            ledger.Add(new(e.Tenant.Value, e.StreamId.Value, e.DecodeError is null ? e.Data : new Malformed()), e.Position.Value);
            if (e.DecodeError is null && e.Data is Withdrawn w && e.Tenant.IsDefault)
                withdrawn = new(withdrawn.Amount + w.Amount, withdrawn.Times + 1);
        }

        (await Host.Store.Documents<Sum>().FindAsync("all") ?? new Sum(0, 0)).ShouldBe(withdrawn, What("inline"));
        await BankAudit.CheckAsync(Host.Store, Data, ledger, What("read model"));
        await CheckDeadLettersAsync(ledger);
    }

    private async Task CheckDeadLettersAsync(BankLedger ledger)
    {
        var generations = await Data.ReadModels.ReadGenerationsAsync(CancellationToken.None);
        var letters = await Host.Daemon.ReadDeadLettersAsync(countMax: 10_000);
        DeadLetters = letters.Count;
        foreach (var projection in Async)
        {
            var live = generations.Single(g => g.Projection == projection && g.State == GenerationState.Live).Generation;
            var expected = ledger.Dead.Where(d => d.Projection == projection).Select(d => d.Position).ToArray();
            letters.Where(d => d.Shard.Projection == projection && d.Shard.Generation == live).Select(d => d.Position.Value)
                .ShouldBe(expected, What($"dead letters of {projection}"));
            letters.Where(d => d.Shard.Projection == projection).Select(d => d.Position.Value)
                .ShouldBeSubsetOf(expected, What("dead letters"));
        }
    }

    private Guid NextId() =>
        new(BitConverter.GetBytes(Interlocked.Increment(ref _nextId)).Concat(BitConverter.GetBytes((long)Seed)).ToArray());
}
