using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Errors;

/// <summary>A fault in the application's code that one event sets off, and that can be mended while the daemon runs.</summary>
internal sealed class Trap
{
    /// <summary>The amount that sets it off.</summary>
    public const int Amount = 666;

    private volatile bool _mended;

    public void Mend() => _mended = true;

    /// <summary>Whether an event with this amount sets it off.</summary>
    public bool IsSetOffBy(int amount) => amount == Amount && !_mended;

    public void Step(int amount)
    {
        if (IsSetOffBy(amount))
            throw new InvalidDataException("The handler does not know this amount.");
    }
}

/// <summary>A document per account, by a handler with a fault.</summary>
internal sealed class TrappedBalances : SingleStreamProjection<Balance>
{
    public TrappedBalances(Trap trap, ErrorAction action)
    {
        Name = "Trapped";
        Errors = new ErrorOptions { Apply = action };
        Initial(_ => Balance.None);
        On<Deposited>((balance, e) =>
        {
            trap.Step(e.Data.Amount);
            return balance.After(e.Data.Amount, e.Version.Value);
        });
    }
}

/// <summary>
/// A row per deposit, by a handler that is sound, or has a fault, or writes what the database refuses at once, or what it refuses at the
/// commit.
/// </summary>
internal sealed class TrappedRows : EventProjection
{
    public TrappedRows(string fault, Trap trap, ErrorAction action)
    {
        Name = "Trapped";
        ReadModel = "trapped_rows";
        Errors = new ErrorOptions { Apply = action, Serialization = action, UnknownType = action };
        Table(
            "trapped_rows",
            "create table {table} (id text primary key, amount bigint check (amount <> 667), " +
            "parent text references {table} (id) deferrable initially deferred)");
        On<Deposited>((e, transaction, token) =>
        {
            bool isBad = trap.IsSetOffBy(e.Data.Amount);
            if (fault == "handler")
                trap.Step(e.Data.Amount);
            long amount = isBad && fault == "constraint" ? 667 : e.Data.Amount;
            string? parent = isBad && fault == "deferred constraint" ? "nobody" : null;
            return InsertAsync(e.Id, amount, parent, transaction, token);
        });
        OnAny((_, _, _) => default);
    }

    private static async ValueTask InsertAsync(
        Guid id, long amount, string? parent, ProjectionTransaction transaction, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            $"insert into {transaction.Table("trapped_rows")} (id, amount, parent) values (@id, @amount, @parent)",
            [("@id", id.ToString("D")), ("@amount", amount), ("@parent", parent)],
            cancellationToken);
}
