using System.Text.Json;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Projections;

/// <summary>
/// Applies inline projections in the transaction of an append. They have no checkpoint: an event and its effect commit together or not at
/// all.
/// </summary>
internal sealed class InlineProjections
{
    private readonly IReadOnlyList<Projection> _projections;
    private readonly EventTypeRegistry _types;
    private readonly JsonSerializerOptions _json;
    private readonly HashSet<string> _names;
    private readonly bool _all;

    public InlineProjections(IEnumerable<Projection> projections, EventTypeRegistry types, JsonSerializerOptions json)
    {
        _projections = [.. projections];
        _types = types;
        _json = json;
        _all = _projections.Any(p => p.EventTypes is null);
        _names = _projections.SelectMany(p => p.TypeNames(types) ?? []).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Whether an append concerns any inline projection.</summary>
    public bool Concern(StreamAppend append)
    {
        if (_projections.Count == 0)
            return false;
        if (_all)
            return true;
        foreach (var e in append.Events)
        {
            if (_names.Contains(e.TypeName))
                return true;
        }

        return false;
    }

    /// <summary>Applies events that were just appended in this transaction.</summary>
    public async ValueTask ApplyAsync(
        IReadModelStore readModels,
        IEventLog log,
        IStoreTransaction transaction,
        IReadOnlyList<RecordedEvent> events,
        Func<string, int> generationOf,
        CancellationToken cancellationToken)
    {
        foreach (var e in events)
        {
            e.Decode(_types, keepJson: false);
            if (e.DecodeError is { } error)
                throw error;
        }

        var commit = new ReadModelCommit();
        foreach (var projection in _projections)
        {
            var concerned = events.Where(e => projection.EventTypes is null || projection.EventTypes.Contains(e.Type!.ClrType)).ToArray();
            if (concerned.Length == 0)
                continue;
            var context = new ApplierContext(_types, _json, readModels, log, generationOf(projection.Name), transaction, long.MaxValue);
            var applier = projection.MakeApplier(context);
            await applier.ApplyAsync(concerned, cancellationToken).ConfigureAwait(false);
            commit = applier.AddTo(commit);
        }

        await readModels.WriteAsync(transaction, commit, cancellationToken).ConfigureAwait(false);
    }
}
