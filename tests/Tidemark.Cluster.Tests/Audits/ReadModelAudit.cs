using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.Projections;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Audits;

/// <summary>Compares the bank's read models with a fold of the log that the test makes itself.</summary>
internal static class ReadModelAudit
{
    /// <summary>Waits until the daemon has passed everything, and compares all of it.</summary>
    public static async Task CheckAsync(ClusterStore store, TidemarkHost host)
    {
        await host.Daemon.WaitForCaughtUpAsync(Eventually.Patience);
        var log = await LogAudit.ReadAsync(store);
        LogAudit.CheckOrder(log);
        await CheckDocumentsAsync(host.Store, log);
        await CheckTurnoverAsync(store, host.Store, log);
        await CheckJournalAsync(store, host.Store, log);
    }

    /// <summary>Documents: per account and per branch.</summary>
    public static async Task CheckDocumentsAsync(EventStore store, IReadOnlyList<LoggedEvent> log)
    {
        var balances = new Dictionary<string, Balance>(StringComparer.Ordinal);
        var branches = new Dictionary<string, BranchTotal>(StringComparer.Ordinal);
        foreach (LoggedEvent e in log)
        {
            balances[e.Stream] = balances.GetValueOrDefault(e.Stream, Balance.None).After(e.Amount, e.Version);
            foreach (string key in (string[])[e.Branch, Branches.All])
                branches[key] = branches.GetValueOrDefault(key, BranchTotal.None).After(e.Amount);
        }

        (await AllAsync(store.Documents<Balance>())).ShouldBe(balances, ignoreOrder: true);
        (await AllAsync(store.Documents<BranchTotal>())).ShouldBe(branches, ignoreOrder: true);
    }

    /// <summary>The rows that are only ever incremented.</summary>
    public static async Task CheckTurnoverAsync(ClusterStore store, EventStore events, IReadOnlyList<LoggedEvent> log)
    {
        var rows = await store.QueryAsync($"select branch, deposits, withdrawals, events from {events.ViewName("turnover")}");
        var stored = rows.Select(r => ((string)r[0], (long)r[1], (long)r[2], (long)r[3])).Order();
        var folded = log.GroupBy(e => e.Branch, StringComparer.Ordinal).Select(g => (
            g.Key, g.Where(e => e.Amount > 0).Sum(e => e.Amount), -g.Where(e => e.Amount < 0).Sum(e => e.Amount), (long)g.Count())).Order();
        stored.ShouldBe(folded);
    }

    /// <summary>The rows that are only ever inserted: one per event, none twice.</summary>
    public static async Task CheckJournalAsync(ClusterStore store, EventStore events, IReadOnlyList<LoggedEvent> log)
    {
        var rows = await store.QueryAsync($"select event_id, position from {events.ViewName(Journal.TableName)}");
        var applied = rows.Select(r => ((long)r[1], Guid.Parse((string)r[0]))).Order().ToArray();
        var logged = log.Select(e => (e.Position, e.Id)).ToArray();
        string[] wrong =
        [
            .. applied.GroupBy(a => a).Where(g => g.Count() > 1).Take(5).Select(g => $"applied {g.Count()} times: {g.Key}"),
            .. logged.Except(applied).Take(5).Select(e => $"skipped: {e}"),
            .. applied.Except(logged).Take(5).Select(e => $"applied, but not in the log: {e}"),
        ];
        wrong.ShouldBeEmpty();
        applied.Length.ShouldBe(logged.Length);
    }

    /// <summary>The rows that are updated in place by handlers.</summary>
    public static async Task CheckTallyAsync(ClusterStore store, EventStore events, IReadOnlyList<LoggedEvent> log)
    {
        var rows = await store.QueryAsync($"select branch, events from {events.ViewName(Tally.TableName)}");
        rows.Select(r => ((string)r[0], (long)r[1])).Order()
            .ShouldBe(log.GroupBy(e => e.Branch, StringComparer.Ordinal).Select(g => (g.Key, (long)g.Count())).Order());
    }

    private static async Task<Dictionary<string, T>> AllAsync<T>(DocumentReader<T> documents)
        where T : class
    {
        var all = new Dictionary<string, T>(StringComparer.Ordinal);
        await foreach ((string key, T document) in documents.AllAsync())
            all.Add(key, document);
        return all;
    }
}
