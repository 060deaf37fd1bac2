using Microsoft.Extensions.Logging.Abstractions;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Log;
using Tidemark.Pulling;
using Tidemark.Resilience;
using Tidemark.Testing;

namespace Tidemark.Tests.Fixtures;

/// <summary>A log of given events with holes between them, a mark that a test moves, and the agent that pulls.</summary>
internal sealed class PullingWorld : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(long Position, string Type, string Json)> _events = [];
    private int _reads;

    public PullingWorld(PullingOptions? options = null, PipelineOptions? pipelines = null, EventTypeRegistry? types = null)
    {
        Log.OnRead = ReadAsync;
        Log.OnFindId = p => Events.Any(e => e.Position == p.Value) ? Make.Id(p.Value) : null;
        HighWater = new(Marks, new ScriptedChannel(), new(), Clock, NullLogger.Instance);
        Pipelines = pipelines ?? new();
        Agent = new("main", Log, HighWater, types ?? Accounts.Types, options ?? new(), Pipelines, Clock, NullLogger.Instance);
        SeveralTenants = new(Log, Agent, Clock);
    }

    public ManualClock Clock { get; } = new();

    public ScriptedLog Log { get; } = new();

    public ScriptedMarks Marks { get; } = new();

    public HighWaterAgent HighWater { get; }

    public PipelineOptions Pipelines { get; }

    public PullingAgent Agent { get; }

    public SeveralTenants SeveralTenants { get; }

    /// <summary>Called before each read; may wait, may throw.</summary>
    public Func<LogRead, CancellationToken, Task> BeforeRead { get; set; } = (_, _) => Task.CompletedTask;

    public int Reads => Volatile.Read(ref _reads);

    public IReadOnlyList<(long Position, string Type, string Json)> Events
    {
        get
        {
            lock (_gate)
                return [.. _events];
        }
    }

    /// <summary>Adds events to the log; readers see them once the mark is raised.</summary>
    public void Add(string type, int count = 1, long hole = 0, string? json = null)
    {
        lock (_gate)
        {
            for (var i = 0; i < count; i++)
            {
                var position = (_events.Count == 0 ? 0 : _events[^1].Position) + 1 + hole;
                _events.Add((position, type, json ?? $$"""{"amount":{{position}},"to":"t","owner":"o","reason":"r","text":"t"}"""));
            }
        }
    }

    /// <summary>Raises the mark to the last event, or beyond it.</summary>
    public async Task PublishAsync(long beyond = 0)
    {
        Marks.Set(Events.Select(e => e.Position).LastOrDefault() + beyond);
        await HighWater.RefreshAsync(CancellationToken.None);
    }

    public async Task AppendAsync(string type, int count = 1)
    {
        Add(type, count);
        await PublishAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Agent.DisposeAsync();
        SeveralTenants.Dispose();
    }

    private async ValueTask<LogPage> ReadAsync(LogRead read, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        await BeforeRead(read, cancellationToken);
        var events = new List<RecordedEvent>();
        var bytes = 0;
        foreach (var (position, type, json) in Events)
        {
            var recorded = Make.Recorded(position, type, json);
            if (position <= read.After.Value || position > read.Through.Value || !read.Filter.Matches(recorded))
                continue;
            events.Add(recorded);
            bytes += recorded.Json.Length;
            if (events.Count == read.EventsMax || bytes >= read.BytesMax)
                return new(events, recorded.Position);
        }

        return new(events, read.Through);
    }
}
