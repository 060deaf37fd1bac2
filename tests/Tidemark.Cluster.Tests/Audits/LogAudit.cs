using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Cluster.Tests.Stores;

namespace Tidemark.Cluster.Tests.Audits;

/// <summary>Reads the log from its table, and checks what must hold of every log.</summary>
internal static class LogAudit
{
    /// <summary>The whole log in position order, by SQL of the test's own.</summary>
    public static async Task<IReadOnlyList<LoggedEvent>> ReadAsync(ClusterStore store)
    {
        string data = store is SqliteStore ? "data" : "data::text";
        var rows = await store.QueryAsync(
            $"select position, {store.EventIdText}, type, stream, version, {data} from {store.Events} order by position");
        return [.. rows.Select(r => new LoggedEvent(
            (long)r[0], Guid.ParseExact((string)r[1], "N"), (string)r[2], (string)r[3], (long)r[4], (string)r[5]))];
    }

    /// <summary>Per stream, versions are 1, 2, 3 ... in position order; no id is there twice.</summary>
    public static void CheckOrder(IReadOnlyList<LoggedEvent> log)
    {
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (LoggedEvent e in log)
        {
            long expected = versions.GetValueOrDefault(e.Stream) + 1;
            e.Version.ShouldBe(expected, $"Stream {e.Stream} at position {e.Position}: versions are contiguous in position order.");
            versions[e.Stream] = expected;
        }

        log.Select(e => e.Id).Distinct().Count().ShouldBe(log.Count, "No event is stored twice.");
    }

    /// <summary>What was acknowledged is there, at the place that was said.</summary>
    public static void CheckAcknowledged(IReadOnlyList<LoggedEvent> log, IEnumerable<Acknowledged> acknowledged)
    {
        var byId = log.ToDictionary(e => e.Id);
        int events = 0;
        foreach (Acknowledged ack in acknowledged)
        {
            foreach (Guid id in ack.Ids)
            {
                byId.ShouldContainKey(id, $"An acknowledged event of stream {ack.Stream} is lost.");
                byId[id].Stream.ShouldBe(ack.Stream);
                events++;
            }

            byId[ack.Ids[0]].Position.ShouldBe(ack.First.Value, "An acknowledged append lies where the answer said.");
        }

        Chance.Say($"log: {log.Count} events, {events} of them acknowledged to the test");
    }
}
