using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Projections;

/// <summary>Appends inside a transaction, and applies inline projections to what was appended.</summary>
internal sealed class TransactionAppender(
    IEventLog log, IReadModelStore readModels, InlineProjections inline, Func<string, int> generationOf)
{
    public async ValueTask<AppendOutcome[]> AppendAsync(
        IStoreTransaction transaction, IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken)
    {
        var outcomes = await log.AppendAsync(transaction, appends, cancellationToken).ConfigureAwait(false);
        if (outcomes.Any(o => !o.IsStored))
            return outcomes;
        var events = new List<RecordedEvent>();
        for (var i = 0; i < appends.Count; i++)
        {
            if (outcomes[i].Status != AppendStatus.Appended || !inline.Concern(appends[i]))
                continue;
            var count = appends[i].Events.Length;
            var from = new StreamVersion(outcomes[i].Version.Value - count + 1);
            var read = new StreamRead(appends[i].Tenant, appends[i].Stream, from, outcomes[i].Version, Backwards: false, count);
            events.AddRange(await log.ReadStreamAsync(transaction, read, cancellationToken).ConfigureAwait(false));
        }

        if (events.Count > 0)
            await inline.ApplyAsync(readModels, log, transaction, events, generationOf, cancellationToken).ConfigureAwait(false);
        return outcomes;
    }
}
