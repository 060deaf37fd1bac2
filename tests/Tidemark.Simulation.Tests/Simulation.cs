using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Simulation.Tests.Faults;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Simulation.Tests;

/// <summary>One run: a node whose database fails, whose daemon is restarted and fenced, and whose log holds bad events.</summary>
internal sealed class Simulation : IAsyncDisposable
{
    private static readonly string[] Async = ["Balances", "Books", "AllBooks", "Totals"];

    private readonly int _seed;
    private readonly Random _random;
    private readonly ManualClock _clock = new();
    private readonly FaultPlan _plan;
    private readonly InMemoryStorage _data;
    private readonly List<(Guid Id, Happening Happening)> _acknowledged = [];
    private readonly List<Task> _rebuilds = [];
    private long _nextId;
    private volatile string _step = "start";
    private readonly bool _twoNodes;
    private TidemarkHost _host = null!;
    private TidemarkHost? _other;

    public Simulation(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        _twoNodes = _random.Next(3) == 0;
        _plan = new FaultPlan(seed, _clock)
        {
            BeforePercent = _random.Next(12),
            AfterPercent = _random.Next(8),
            SlowPercent = _random.Next(15),
        };
        _data = new(new("main", _clock, new(), NullLoggerFactory.Instance));
    }

    public int Faults => _plan.Injected;

    public int Events { get; private set; }

    public int DeadLetters { get; private set; }

    /// <summary>What it is doing, and how the shards stand; for a run that comes to no end.</summary>
    public string Where => $"{_step}; mark {_host.Daemon.Status().Mark}; " + string.Join("; ", _host.Daemon.Status().Shards.Select(s =>
        $"{s.Shard} {s.State} at {s.Position} ({s.Error?.Category}, {s.Error?.Attempts} tries: {s.Error?.Exception.Message})"));

    public async Task RunAsync()
    {
        using var end = new CancellationTokenSource();
        var pump = Task.Run(() => PumpAsync(end.Token));
        try
        {
            _host = await OpenAsync();
            foreach (var happening in Gen.ListOf(BankLedger.Happenings, _random.Next(10, 60)).Sample(1, new Rnd((ulong)_seed), 50).Single())
                await StepAsync(happening);
            if (_other is not null)
                await TakeOverAsync();
            await SettleAsync();
            await CheckAsync();
        }
        finally
        {
            _plan.Enabled = false;
            await _host.DisposeAsync();
            if (_other is not null)
                await _other.DisposeAsync();
            await end.CancelAsync();
            await pump;
        }
    }

    public ValueTask DisposeAsync() => _data.DisposeAsync();

    private async Task<TidemarkHost> OpenAsync()
    {
        _plan.Enabled = false;
        var skip = new ErrorOptions { Apply = ErrorAction.Skip, Serialization = ErrorAction.Skip, UnknownType = ErrorAction.Skip };
        var host = await TidemarkHost.StartAsync(t =>
        {
            t.Services.AddSingleton<TimeProvider>(_clock);
            t.Events(e => Accounts.Register(e)).UseStorage(context => new FaultyStorage(_data.OpenAgain(context), _plan), embedded: true)
                .AddProjection<Balances>().AddProjection<Books>().AddProjection(new Books(acrossTenants: true)).AddProjection<Totals>()
                .AddProjection<Tally>(ProjectionLifecycle.Inline)
                .Configure(o =>
                {
                    o.Pulling.PageEventsMax = _random.Next(1, 20);
                    o.Shards.CommitEventsMax = _random.Next(1, 40);
                    o.Log.FlushAppendsMax = _random.Next(1, 5);
                    o.Shards.Errors = o.Shards.ErrorsWhileRebuilding = skip;
                });
        });
        _plan.Enabled = true;
        return host;
    }

    // A second node works on the same shards, until one of the two goes: the fence lets one of them through at a time.
    private async Task TakeOverAsync()
    {
        if (_other is null)
        {
            _other = await OpenAsync();
            return;
        }

        (var leaving, _host, _other) = _random.Next(2) == 0 ? (_host, _other, null) : (_other, _host, (TidemarkHost?)null);
        await leaving.DisposeAsync();
    }

    private async Task StepAsync(Happening happening)
    {
        var kind = _random.Next(30);
        _step = $"step {_acknowledged.Count} of kind {kind}";
        switch (kind)
        {
            case 0:
                await AppendMalformedAsync(happening);
                break;
            case 1:
                await AppendAsync(happening with { Event = new Deposited(BankLedger.Forbidden) });
                break;
            case 2:
                await RestartDaemonAsync(abort: _random.Next(2) == 0);
                break;
            case 3:
                await _host.DisposeAsync();
                _host = await OpenAsync();
                break;
            case 4 or 5:
                var checkpoints = await _data.Checkpoints.ReadAllAsync(CancellationToken.None);
                if (checkpoints.Count > 0)
                    await _data.Checkpoints.OpenAsync(checkpoints[_random.Next(checkpoints.Count)].Shard, null, CancellationToken.None);
                break;
            case 6 when _twoNodes:
                await TakeOverAsync();
                break;
            case 6:
                _rebuilds.Add(_host.Daemon.RebuildAsync(Async[_random.Next(Async.Length)]));
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
                await _host.Store.ForTenant(happening.Tenant).AppendAsync(
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

    private async Task AppendMalformedAsync(Happening h) => await _data.Log.AppendAsync(
        [new(h.Tenant, h.Account, Slot.Of(h.Tenant, h.Account), ExpectedVersion.Any, [new(NextId(), "deposited", "[]"u8.ToArray(), null)])],
        CancellationToken.None);

    private async Task RestartDaemonAsync(bool abort)
    {
        await _host.Daemon.StopAsync(new CancellationToken(abort));
        while (!_host.Daemon.IsRunning)
        {
            try
            {
                await _host.Daemon.StartAsync();
            }
            catch (OutageException)
            {
                // The database was away for longer than the retries; the operator starts it again.
            }
        }
    }

    private async Task SettleAsync()
    {
        _step = $"waiting for {_rebuilds.Count} rebuilds";
        _plan.Enabled = false;
        foreach (var rebuild in _rebuilds)
            await ((Task)Task.WhenAny(rebuild)).InTime();
        _step = "waiting to be caught up";
        while (true)
        {
            try
            {
                await _host.Daemon.WaitForCaughtUpAsync(TimeSpan.FromDays(40)).InTime();
                return;
            }
            catch (ShardPausedException e)
            {
                _host.Daemon.Resume(e.Shard.Projection);
            }
        }
    }

    private async Task CheckAsync()
    {
        var all = new LogRead(default, Position.Max, LogFilter.All, int.MaxValue, int.MaxValue);
        var log = (await _data.Log.ReadAsync(all, CancellationToken.None)).Events;
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

        (await _host.Store.Documents<Sum>().FindAsync("all") ?? new Sum(0, 0)).ShouldBe(withdrawn, What("inline"));
        Same(await DocumentsAsync<Balance>("Balances"), ledger.Balances);
        Same(await DocumentsAsync<Book>("Books"), ledger.Books);
        Same(await DocumentsAsync<Book>("AllBooks"), ledger.AllBooks);
        Same(
            _data.ReadRows("totals").ToDictionary(r => r.Key, r => Text(r.Values), StringComparer.Ordinal),
            ledger.Totals.ToDictionary(r => r.Key, r => Text(r.Value), StringComparer.Ordinal));
        await CheckDeadLettersAsync(ledger);
    }

    private async Task CheckDeadLettersAsync(BankLedger ledger)
    {
        var generations = await _data.ReadModels.ReadGenerationsAsync(CancellationToken.None);
        var letters = await _host.Daemon.ReadDeadLettersAsync(countMax: 10_000);
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

    private async Task<Dictionary<(string Tenant, string Key), T>> DocumentsAsync<T>(string projection)
        where T : class
    {
        var all = new Dictionary<(string, string), T>();
        foreach (var tenant in BankLedger.Tenants)
        {
            await foreach (var (key, document) in _host.Store.ForTenant(tenant).Documents<T>(projection).AllAsync())
                all[(projection == "AllBooks" ? "" : tenant, key)] = document;
        }

        return all;
    }

    private void Same<TKey, TValue>(Dictionary<TKey, TValue> actual, Dictionary<TKey, TValue> expected)
        where TKey : notnull =>
        actual.Select(p => $"{p.Key}: {p.Value}").Order(StringComparer.Ordinal)
            .ShouldBe(expected.Select(p => $"{p.Key}: {p.Value}").Order(StringComparer.Ordinal), What("read model"));

    private static string Text(IReadOnlyDictionary<string, object?> values) =>
        string.Join(", ", values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}={v.Value ?? "null"}"));

    private string What(string what) => $"{what} (TIDEMARK_SEED={_seed})";

    private Guid NextId() =>
        new(BitConverter.GetBytes(Interlocked.Increment(ref _nextId)).Concat(BitConverter.GetBytes((long)_seed)).ToArray());

    // Time runs as fast as there is something to wait for, in steps: a far timer is not all there is while others are about to be set.
    private async Task PumpAsync(CancellationToken end)
    {
        var step = TimeSpan.FromSeconds(10);
        while (!end.IsCancellationRequested)
        {
            await _clock.WaitForTimersAsync(1, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (var i = 0; i < 3; i++)
                await Task.Yield();
            var wait = (_clock.NextTimer ?? _clock.GetUtcNow()) - _clock.GetUtcNow();
            _clock.Advance(TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, step.Ticks)));
        }
    }
}
