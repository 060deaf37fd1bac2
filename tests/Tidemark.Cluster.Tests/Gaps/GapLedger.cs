using System.Collections.Concurrent;
using Tidemark.Cluster.Tests.Audits;

namespace Tidemark.Cluster.Tests.Gaps;

/// <summary>What the writers know of each event: committed, rolled back, or unknown because the answer did not come.</summary>
internal sealed class GapLedger
{
    private readonly ConcurrentDictionary<Guid, string> _fates = new();

    public int Count(string fate) => _fates.Values.Count(f => f == fate);

    public void Committed(IEnumerable<Guid> ids) => Note(ids, "committed");

    public void RolledBack(IEnumerable<Guid> ids) => Note(ids, "rolled back");

    public void Unknown(IEnumerable<Guid> ids) => Note(ids, "unknown");

    /// <summary>What was committed is in the log, what was rolled back is not, and nothing else is there.</summary>
    public void Check(IReadOnlyList<LoggedEvent> log)
    {
        var stored = log.Select(e => e.Id).ToHashSet();
        WithFate("committed").Where(id => !stored.Contains(id)).Take(5).ShouldBeEmpty("Acknowledged events are lost.");
        WithFate("rolled back").Where(stored.Contains).Take(5).ShouldBeEmpty("Rolled back events are stored.");
        stored.Where(id => !_fates.ContainsKey(id)).Take(5).ShouldBeEmpty("Events that nobody appended are stored.");
    }

    private IEnumerable<Guid> WithFate(string fate) => _fates.Where(f => f.Value == fate).Select(f => f.Key);

    private void Note(IEnumerable<Guid> ids, string fate)
    {
        foreach (Guid id in ids)
            _fates.TryAdd(id, fate);
    }
}
