using Tidemark.Projections;

namespace Tidemark.TestNode.Bank;

/// <summary>A document per account.</summary>
public sealed class Balances : SingleStreamProjection<Balance>
{
    public Balances()
        : this(1)
    {
    }

    public Balances(int partitions, int version = 1, Action? before = null, Action<string, int>? taste = null)
    {
        Partitions = partitions;
        Version = version;
        Initial(_ => Balance.None);
        On<Deposited>((balance, e) =>
        {
            taste?.Invoke(e.Tenant, e.Data.Amount);
            return After(balance, e.Data.Amount, e.Version.Value);
        });
        On<Withdrawn>((balance, e) => After(balance, -e.Data.Amount, e.Version.Value));

        Balance After(Balance balance, long amount, long streamVersion)
        {
            before?.Invoke();
            return balance.After(amount, streamVersion);
        }
    }
}

/// <summary>A document per branch, and one over all branches: each event concerns two keys.</summary>
public sealed class Branches : MultiStreamProjection<BranchTotal>
{
    /// <summary>The key of the document over all branches.</summary>
    public const string All = "all";

    public Branches()
        : this(1)
    {
    }

    public Branches(int partitions, int version = 1)
    {
        Partitions = partitions;
        Version = version;
        Keys<Deposited>(e => [e.Data.Branch, All]);
        Keys<Withdrawn>(e => [e.Data.Branch, All]);
        Initial(_ => BranchTotal.None);
        On<Deposited>((total, e) => total.After(e.Data.Amount));
        On<Withdrawn>((total, e) => total.After(-e.Data.Amount));
    }
}

/// <summary>A row per branch that is incremented and never read by the daemon: an event applied twice stays visible for ever.</summary>
public sealed class Turnover : FlatTableProjection
{
    public Turnover()
        : this(1)
    {
    }

    public Turnover(int partitions, int version = 1)
    {
        Partitions = partitions;
        Version = version;
        KeyColumn("branch");
        Column("deposits", ColumnType.Integer, notNull: true);
        Column("withdrawals", ColumnType.Integer, notNull: true);
        Column("events", ColumnType.Integer, notNull: true);
        On<Deposited>(e => e.Data.Branch, (row, e) => Count(row, "deposits", e.Data.Amount));
        On<Withdrawn>(e => e.Data.Branch, (row, e) => Count(row, "withdrawals", e.Data.Amount));
    }

    private static void Count(FlatRow row, string column, int amount)
    {
        row.Increment(column, amount);
        row.Increment("events");
    }
}

/// <summary>Inserts a row per event, with no key: an event applied twice shows as two rows.</summary>
public class Journal : EventProjection
{
    public const string TableName = "journal";

    public Journal()
        : this(TableName)
    {
    }

    public Journal(int partitions, int version = 1)
        : this(TableName)
    {
        Partitions = partitions;
        Version = version;
    }

    protected Journal(string table)
    {
        Table(
            table,
            "create table {table} (event_id text not null, position bigint not null, stream text not null, version bigint not null)");
        On<Deposited>((e, transaction, token) => InsertAsync(table, e.Recorded, transaction, token));
        On<Withdrawn>((e, transaction, token) => InsertAsync(table, e.Recorded, transaction, token));
    }

    private static async ValueTask InsertAsync(
        string table, Events.RecordedEvent e, ProjectionTransaction transaction, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            $"insert into {transaction.Table(table)} (event_id, position, stream, version) values (@id, @position, @stream, @version)",
            [("@id", e.Id.ToString("D")), ("@position", e.Position.Value), ("@stream", e.StreamId.Value), ("@version", e.Version.Value)],
            cancellationToken);
}
