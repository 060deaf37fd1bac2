using Tidemark.Events;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>Applies events to a flat table.</summary>
internal sealed class FlatApplier : Applier
{
    private readonly FlatTableProjection _projection;
    private readonly ApplierContext _context;
    private readonly FlatChanges _changes;

    public FlatApplier(FlatTableProjection projection, ApplierContext context)
    {
        _projection = projection;
        _context = context;
        _changes = new FlatChanges((FlatTableSchema)projection.Schema, context.Slots);
    }

    public override long PendingBytes => _changes.Bytes;

    public override ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellationToken)
    {
        foreach (var e in events)
        {
            _changes.At = e.Position;
            try
            {
                _projection.Handlers[e.Type!.ClrType](e, _changes);
            }
            catch (Exception error)
            {
                throw new ApplyEventException(_projection.Name, e, error);
            }
        }

        return ValueTask.CompletedTask;
    }

    public override ReadModelCommit AddTo(ReadModelCommit commit) =>
        _changes.ToChanges(_context.Generation) is { } changes ? commit with { Rows = [.. commit.Rows, changes] } : commit;

    public override ValueTask CommittedAsync() => AbandonAsync();

    public override ValueTask AbandonAsync()
    {
        _changes.Clear();
        return ValueTask.CompletedTask;
    }
}
