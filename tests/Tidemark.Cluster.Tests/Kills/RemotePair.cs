using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.TestKit.Processes;
using Tidemark.TestNode;
using Tidemark.TestNode.Remote;

namespace Tidemark.Cluster.Tests.Kills;

/// <summary>A server that appends and delivers, and a process with its remote consumers, which are killed and started again.</summary>
internal sealed class RemotePair : IAsyncDisposable
{
    private readonly ClusterStore _store;
    private readonly int _seed;
    private readonly int _port = LoopbackPort.Pick();
    private readonly string _folder = Directory.CreateTempSubdirectory("tidemark-consumers-").FullName;
    private readonly List<ConsumedEvent> _lines = [];
    private readonly List<Acknowledged> _acknowledged = [];
    private readonly EffectLedger _effects;
    private Node? _server;
    private ChildProcess? _consumers;
    private int _starts;

    public RemotePair(ClusterStore store, int seed)
    {
        _store = store;
        _seed = seed;
        _effects = new EffectLedger(Ledger);
    }

    /// <summary>What the consumer without tokens of its own has written, in order; all of it once the consumers are killed.</summary>
    public IReadOnlyList<ConsumedEvent> Lines => _lines;

    /// <summary>What the server has acknowledged, in all its lives but the present one.</summary>
    public IReadOnlyList<Acknowledged> Acknowledged => _acknowledged;

    private string Ledger => Path.Combine(_folder, "effects.db");

    /// <summary>The effects of the consumer with tokens of its own, in order.</summary>
    public IReadOnlyList<ConsumedEvent> Effects() => _effects.ReadAll();

    /// <summary>Waits until the server's store is open.</summary>
    public Task ServerReadyAsync() => _server!.ReadyAsync();

    public async Task StartServerAsync(int writers = 2) => _server = await Node.StartAsync(new NodeOptions
    {
        Store = _store.Choice,
        Writers = writers,
        Seed = _seed + ++_starts,
        DeliveryPort = _port,
        PauseMilliseconds = 500,
    });

    public async Task StartConsumersAsync() => _consumers = await ChildProcess.StartAsync(
        Path.Combine(AppContext.BaseDirectory, "Tidemark.TestNode.dll"), RemoteConsumers.Arguments(_port, Ledger));

    public async Task KillServerAsync()
    {
        await _server!.Process.Kill9();
        _acknowledged.AddRange(_server.Acknowledged);
        await _server.DisposeAsync();
    }

    public async Task KillConsumersAsync()
    {
        await _consumers!.Kill9();
        _lines.AddRange(Got());
        await _consumers.DisposeAsync();
    }

    /// <summary>Waits until both consumers have got something more.</summary>
    public async Task ProgressAsync()
    {
        var (lines, effects) = (LineCount(), _effects.Count());
        await Eventually.TrueAsync(() => Alive() && LineCount() > lines && _effects.Count() > effects, () => $"both get on: {Tail()}");
    }

    /// <summary>Waits until both have got so many events.</summary>
    public Task AllAsync(int events) => Eventually.TrueAsync(
        () => Alive() && _effects.Count() >= events
            && _lines.Concat(Got()).Select(e => e.Position).Distinct().Count() >= events,
        () => $"both have {events} events; there are {_effects.Count()} effects: {Tail()}");

    public async ValueTask DisposeAsync()
    {
        if (_consumers is not null)
            await _consumers.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        _effects.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private IEnumerable<ConsumedEvent> Got() => _consumers!.Output.Snapshot().Select(ConsumedEvent.Parse).OfType<ConsumedEvent>();

    private int LineCount() => _consumers!.Output.Snapshot().Count(l => l.StartsWith(ConsumedEvent.LineStart, StringComparison.Ordinal));

    private bool Alive() => _consumers!.HasExited || _server!.Process.HasExited
        ? throw new InvalidOperationException($"Somebody has ended by itself: {Tail()}")
        : true;

    private string Tail() => $"{_server!.Process.Output.Tail(10)}\n{_consumers!.Output.Tail(10)}";
}
