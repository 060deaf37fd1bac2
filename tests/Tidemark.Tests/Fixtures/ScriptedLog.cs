using System.Data.Common;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Tests.Fixtures;

/// <summary>A log whose answers a test writes. What it is not told to answer it refuses.</summary>
internal sealed class ScriptedLog : IEventLog
{
    private readonly Lock _gate = new();
    private readonly List<IReadOnlyList<StreamAppend>> _flushes = [];
    private long _last;

    /// <summary>Called for each flush, before it is stored; may wait, may throw.</summary>
    public Func<IReadOnlyList<StreamAppend>, Task> BeforeAppend { get; set; } = _ => Task.CompletedTask;

    public Func<LogRead, CancellationToken, ValueTask<LogPage>> OnRead { get; set; } = (_, _) => throw new NotSupportedException();

    public Func<Position, Guid?> OnFindId { get; set; } = _ => null;

    public Func<bool> OnHasSeveralTenants { get; set; } = () => false;

    /// <summary>The flushes that came, those that failed included, in order.</summary>
    public IReadOnlyList<IReadOnlyList<StreamAppend>> Flushes
    {
        get
        {
            lock (_gate)
                return [.. _flushes];
        }
    }

    public async ValueTask<AppendOutcome[]> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken)
    {
        lock (_gate)
            _flushes.Add([.. appends]);
        await BeforeAppend(appends);
        return [.. appends.Select(Store)];
    }

    public ValueTask<LogPage> ReadAsync(LogRead read, CancellationToken cancellationToken) => OnRead(read, cancellationToken);

    public ValueTask<Guid?> FindEventIdAsync(Position position, CancellationToken cancellationToken) =>
        ValueTask.FromResult(OnFindId(position));

    public ValueTask<bool> HasSeveralTenantsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(OnHasSeveralTenants());

    public ValueTask<AppendOutcome[]> AppendAtomicallyAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<AppendOutcome[]> AppendAsync(
        IStoreTransaction transaction, IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<IStoreTransaction> BeginAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public IStoreTransaction Lend(DbTransaction transaction) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamRead read, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(
        IStoreTransaction transaction, StreamRead read, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StreamState?> FindStreamAsync(TenantId tenant, StreamId stream, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<RecordedEvent?> FindEventAsync(Guid id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Position> FindPositionBeforeAsync(DateTimeOffset moment, Position through, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<bool> SetArchivedAsync(TenantId tenant, StreamId stream, bool archived, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    private AppendOutcome Store(StreamAppend append)
    {
        var last = Interlocked.Add(ref _last, append.Events.Length);
        return new(AppendStatus.Appended, new(append.Events.Length), new(last - append.Events.Length + 1), new(last));
    }
}
