using FsCheck;
using FsCheck.Fluent;

namespace Tidemark.Tests.Fixtures;

/// <summary>One thing that happens at the bank of the tests.</summary>
public sealed record Happening(string Tenant, string Account, object Event);

/// <summary>In place of a deposit whose JSON is broken.</summary>
public sealed record Malformed;

/// <summary>The read models of the bank, computed in the plainest way: the measure for every projection.</summary>
internal sealed class BankLedger
{
    /// <summary>A deposit of this amount makes the handlers throw.</summary>
    public const long Forbidden = 666;

    public static readonly string[] Tenants = ["", "acme"];
    public static readonly string[] AccountNames = ["a", "b", "c", "d"];

    public static readonly Gen<Happening> Happenings =
        from tenant in Gen.Elements(Tenants)
        from account in Gen.Elements(AccountNames)
        from to in Gen.Elements(AccountNames)
        from amount in Gen.Choose(1, 100)
        from e in Gen.Frequency(
            (3, Gen.Constant<object>(new Opened($"owner {amount}"))),
            (6, Gen.Constant<object>(new Deposited(amount))),
            (4, Gen.Constant<object>(new Withdrawn(amount))),
            (4, Gen.Constant<object>(new Transferred(to, amount))),
            (2, Gen.Constant<object>(new Closed("done"))),
            (1, Gen.Constant<object>(new Noted("x"))))
        select new Happening(tenant, account, e);

    public Dictionary<(string Tenant, string Key), Balance> Balances { get; } = [];

    public Dictionary<(string Tenant, string Key), Book> Books { get; } = [];

    public Dictionary<(string Tenant, string Key), Book> AllBooks { get; } = [];

    public Dictionary<string, Dictionary<string, object?>> Totals { get; } = new(StringComparer.Ordinal);

    /// <summary>Which events a projection cannot process.</summary>
    public List<(string Projection, long Position)> Dead { get; } = [];

    public static BankLedger Of(IEnumerable<Happening> happenings)
    {
        var ledger = new BankLedger();
        foreach (var h in happenings)
            ledger.Add(h);
        return ledger;
    }

    public void Add(Happening h, long position = 0)
    {
        if (h.Event is Malformed or Deposited { Amount: Forbidden })
        {
            // Without a document there is nothing to change, and so no handler to fail.
            if (h.Event is Malformed || Balances.ContainsKey((h.Tenant, h.Account)))
                Dead.Add(("Balances", position));
            Dead.AddRange([("Books", position), ("AllBooks", position), ("Totals", position)]);
            return;
        }

        AddBalance((h.Tenant, h.Account), h.Event);
        AddBook(Books, h.Tenant, h.Account, h.Event);
        AddBook(AllBooks, "", h.Account, h.Event);
        AddTotal($"{h.Tenant}/{h.Account}", h.Event);
    }

    private void AddBalance((string, string) key, object e)
    {
        var known = Balances.TryGetValue(key, out var balance);
        if (e is Opened opened)
            Balances[key] = new(opened.Owner, 0, 0);
        else if (e is Closed)
            Balances.Remove(key);
        else if (known && e is Deposited d)
            Balances[key] = new(balance!.Owner, balance.Amount + d.Amount, balance.Changes + 1);
        else if (known && e is Withdrawn w)
            Balances[key] = new(balance!.Owner, balance.Amount - w.Amount, balance.Changes + 1);
    }

    private static void AddBook(Dictionary<(string Tenant, string Key), Book> books, string tenant, string account, object e)
    {
        switch (e)
        {
            case Closed:
                books.Remove((tenant, account));
                break;
            case Deposited d:
                Enter(account, d.Amount);
                break;
            case Transferred t when t.To == account:
                Enter(account, 0);
                break;
            case Transferred t:
                Enter(account, -t.Amount);
                Enter(t.To, t.Amount);
                break;
        }

        void Enter(string key, long amount)
        {
            var book = books.GetValueOrDefault((tenant, key)) ?? new(key, 0, 0);
            books[(tenant, key)] = new(key, book.Total + amount, book.Entries + 1);
        }
    }

    private void AddTotal(string key, object e)
    {
        if (e is Closed)
            Totals.Remove(key);
        if (e is Closed or Transferred)
            return;
        if (!Totals.TryGetValue(key, out var row))
        {
            Totals[key] = row = new(StringComparer.Ordinal)
            {
                ["owner"] = null,
                ["balance"] = 0L,
                ["deposits"] = null,
                ["half"] = null,
                ["open"] = null,
            };
        }

        if (e is Opened opened)
            (row["owner"], row["open"], row["deposits"]) = (opened.Owner, true, null);
        if (e is Deposited d)
        {
            row["balance"] = (long)row["balance"]! + d.Amount;
            row["deposits"] = (long)(row["deposits"] ?? 0L) + 1;
            row["half"] = (double)(row["half"] ?? 0d) + (d.Amount / 2.0);
        }

        if (e is Withdrawn w)
            row["balance"] = (long)row["balance"]! - w.Amount;
    }
}
