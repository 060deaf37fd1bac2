using Tidemark.Projections;

namespace Tidemark.TestNode.Bank;

/// <summary>
/// A row per branch, updated in place through the projection's own transaction: its lock is held until the commit, and an event applied
/// twice stays visible for ever.
/// </summary>
public sealed class Tally : EventProjection
{
    public const string TableName = "tally";

    public Tally()
        : this(null)
    {
    }

    public Tally(Action? inside)
    {
        Table(TableName, "create table {table} (branch text primary key, events bigint not null)");
        On<Deposited>((e, transaction, token) => CountAsync(e.Data.Branch, transaction, inside, token));
        On<Withdrawn>((e, transaction, token) => CountAsync(e.Data.Branch, transaction, inside, token));
    }

    private static async ValueTask CountAsync(
        string branch, ProjectionTransaction transaction, Action? inside, CancellationToken cancellationToken)
    {
        await transaction.ExecuteAsync(
            $"insert into {transaction.Table(TableName)} as t (branch, events) values (@branch, 1) " +
            "on conflict (branch) do update set events = t.events + 1",
            [("@branch", branch)],
            cancellationToken);
        if (inside is null)
            return;

        // As between a commit's fence and its end, where nothing can hold the shard.
        await transaction.ExecuteAsync("select 1 from tidemark.checkpoints where projection = 'Tally' for update", [], cancellationToken);
        inside();
    }
}
