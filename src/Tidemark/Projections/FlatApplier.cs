using Tidemark.Events;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>Applies events to a flat table.</summary>
internal sealed class FlatApplier : Applier
{
    private readonly FlatTableProjection _projection;
    private readonly ApplierContext _context;
    private readonly FlatChanges _changes;
    private readonly LookupPage? _lookups;

    public FlatApplier(FlatTableProjection projection, ApplierContext context)
    {
        _projection = projection;
        _context = context;
        _changes = new FlatChanges((FlatTableSchema)projection.Schema, context.Slots);
        _lookups = LookupPage.For(projection, context);
    }

    public override long PendingBytes => _changes.Bytes;

    public override async ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellationToken)
    {
        if (_lookups is not null)
            await _lookups.LoadAsync(events, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < events.Count; i++)
        {
            var e = events[i];
            _changes.At = e.Position;
            try
            {
                _projection.Handlers[e.Type!.ClrType](e, _changes, _lookups?.At(i, e) ?? Lookups.None);
            }
            catch (Exception error)
            {
                throw new ApplyEventException(_projection.Name, e, error);
            }
        }

        _lookups?.Clear();
    }

    public override ReadModelCommit AddTo(ReadModelCommit commit) =>
        _changes.ToChanges(_context.Generation) is { } changes ? commit with { Rows = [.. commit.Rows, changes] } : commit;

    public override ValueTask CommittedAsync() => AbandonAsync();

    public override ValueTask AbandonAsync()
    {
        _changes.Clear();
        _lookups?.Clear();
        return ValueTask.CompletedTask;
    }
}
