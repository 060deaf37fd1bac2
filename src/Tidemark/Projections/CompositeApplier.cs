using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Projections;

/// <summary>
/// Applies a page stage by stage. What a later stage sees is kept per event, so that it is the same however pages and commits are cut.
/// </summary>
internal sealed class CompositeApplier : Applier
{
    private readonly List<CompositePart> _parts = [];
    private readonly List<IDocumentSource> _sources = [];
    private readonly ProjectionTransaction _transaction;

    public CompositeApplier(CompositeProjection projection, ApplierContext context)
    {
        _transaction = new ProjectionTransaction(context);
        foreach (var part in projection.Parts)
        {
            var own = context with
            {
                Earlier = [.. _sources],
                Shared = _transaction,
                StateBytesMax = context.StateBytesMax / projection.Parts.Count,
            };
            var applier = part.MakeApplier(own);
            var followed = _sources.Where(s => part.Inputs.Changes.Contains(s.Changed)).ToArray();
            foreach (var source in followed)
                source.Follow();
            _parts.Add(new CompositePart(part, applier, followed));
            if (applier is IDocumentSource made)
                _sources.Add(made);
        }
    }

    public override long PendingBytes => _parts.Sum(p => p.Applier.PendingBytes);

    public override IStoreTransaction? Transaction => _transaction.Open;

    public override void Begin(bool isEmpty)
    {
        foreach (var part in _parts)
            part.Applier.Begin(isEmpty);
    }

    public override async ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellationToken)
    {
        foreach (var part in _parts)
        {
            var inputs = part.Select(events);
            if (inputs.Count > 0)
                await part.Applier.ApplyAsync(inputs, cancellationToken).ConfigureAwait(false);
        }

        foreach (var source in _sources)
            source.EndPage();
    }

    public override ReadModelCommit AddTo(ReadModelCommit commit)
    {
        foreach (var part in _parts)
            commit = part.Applier.AddTo(commit);
        return commit;
    }

    public override async ValueTask CommittedAsync()
    {
        foreach (var part in _parts)
            await part.Applier.CommittedAsync().ConfigureAwait(false);
        await _transaction.CloseAsync().ConfigureAwait(false);
    }

    public override async ValueTask AbandonAsync()
    {
        foreach (var part in _parts)
            await part.Applier.AbandonAsync().ConfigureAwait(false);
        await _transaction.CloseAsync().ConfigureAwait(false);
    }
}
