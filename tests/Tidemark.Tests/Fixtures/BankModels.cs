using Tidemark.Projections;

namespace Tidemark.Tests.Fixtures;

public sealed record Balance(string Owner, long Amount, int Changes);

public sealed record Book(string Key, long Total, int Entries);

/// <summary>An account by its stream: made by its opening, gone with its closing, made again by another opening.</summary>
public sealed class Balances : SingleStreamProjection<Balance>
{
    public Balances()
        : this(1)
    {
    }

    /// <param name="version">The version of the handlers; from 2 on, amounts count twice.</param>
    /// <param name="partitions">Into how many shards it is split at first.</param>
    public Balances(int version, int partitions = 1)
    {
        (Version, Partitions) = (version, partitions);
        Create<Opened>(e => new(e.Data.Owner, 0, 0));
        On<Deposited>((b, e) => b with { Amount = b.Amount + (version * Allowed(e.Data.Amount)), Changes = b.Changes + 1 });
        On<Withdrawn>((b, e) => b with { Amount = b.Amount - (version * e.Data.Amount), Changes = b.Changes + 1 });
        Delete<Closed>();
    }

    internal static long Allowed(long amount) =>
        amount == BankLedger.Forbidden ? throw new InvalidOperationException("This amount is not allowed.") : amount;
}

/// <summary>What came into and went out of each account: a transfer concerns two of them, or one twice. Closing deletes.</summary>
public sealed class Books : MultiStreamProjection<Book>
{
    public Books()
        : this(false)
    {
    }

    public Books(bool acrossTenants, int partitions = 1)
    {
        Partitions = partitions;
        Name = acrossTenants ? "AllBooks" : "Books";
        AcrossTenants = acrossTenants;
        Initial(key => new(key, 0, 0));
        Key<Deposited>(e => e.StreamId);
        Keys<Transferred>(e => [e.StreamId, e.Data.To, e.Data.To]);
        Keys<Noted>(_ => []);
        Key<Closed>(e => e.StreamId);
        On<Deposited>((b, e) => b with { Total = b.Total + Balances.Allowed(e.Data.Amount), Entries = b.Entries + 1 });
        On<Transferred>((b, e) => b with
        {
            Total = b.Total + (b.Key == e.Data.To ? e.Data.Amount : 0) - (b.Key == e.StreamId ? e.Data.Amount : 0),
            Entries = b.Entries + 1,
        });
        On<Noted>((b, _) => b with { Entries = 1_000_000 });
        On<Closed>((_, _) => null);
    }
}

/// <summary>The same as a plain table.</summary>
public sealed class Totals : FlatTableProjection
{
    public Totals()
        : this(1)
    {
    }

    public Totals(int partitions)
    {
        Partitions = partitions;
        KeyColumn("account");
        Column("owner", ColumnType.Text);
        Column("balance", ColumnType.Integer, notNull: true);
        Column("deposits", ColumnType.Integer);
        Column("half", ColumnType.Real);
        Column("open", ColumnType.Boolean);
        On<Opened>(KeyOf, (row, e) =>
        {
            row.Set("owner", e.Data.Owner);
            row.Set("open", true);
            row.Set("deposits", null);
        });
        On<Deposited>(KeyOf, (row, e) =>
        {
            row.Increment("balance", Balances.Allowed(e.Data.Amount));
            row.Increment("deposits");
            row.Increment("half", e.Data.Amount / 2.0);
        });
        On<Withdrawn>(KeyOf, (row, e) => row.Increment("balance", -e.Data.Amount));
        On<Noted>(KeyOf, (_, _) => { });
        Delete<Closed>(KeyOf);

        static string KeyOf<T>(Tidemark.Events.Event<T> e)
            where T : notnull => $"{e.Tenant}/{e.StreamId}";
    }
}
