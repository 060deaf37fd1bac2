using Tidemark.Events;
using Tidemark.Projections;

namespace Tidemark.Tests.Fixtures;

/// <summary>What the accounts of one owner hold; gone with the last account.</summary>
public sealed record OwnerBoard(string Owner, int Accounts, long Amount, int Changes);

/// <summary>What an account's events saw of balances when they happened.</summary>
public sealed record Sight(int Count, long Seen, string? LastOwner, long? LastTo, long? LastFrom);

/// <summary>Everything, in the order in which it was handled.</summary>
public sealed record Summary(int Changes, long Amounts, long Balances, long Trace);

/// <summary>Balances; boards of owners, sights and rows that rest on them; a summary that rests on all.</summary>
public sealed class BankComposite : CompositeProjection
{
    public BankComposite()
        : this(static (_, _) => { })
    {
    }

    /// <param name="trap">Called by each handler of the later stages, with the stage.</param>
    /// <param name="version">The version.</param>
    public BankComposite(Action<int, RecordedEvent> trap, int version = 1)
    {
        Version = version;
        Stage(new Balances());
        Stage(new OwnerBoards(trap), new Sights(trap), new OwnerRows());
        Stage(new Summaries(trap));
    }

    public sealed class OwnerBoards : MultiStreamProjection<OwnerBoard>
    {
        public OwnerBoards(Action<int, RecordedEvent> trap)
        {
            Keys<Changed<Balance>>(e => new[] { e.Data.Before?.Owner, e.Data.After?.Owner }.OfType<string>());
            Initial(owner => new(owner, 0, 0, 0));
            On<Changed<Balance>>((board, e) =>
            {
                trap(2, e.Recorded);
                var next = board with { Changes = board.Changes + 1 };
                if (e.Data.Before is { } before && before.Owner == board.Owner)
                    next = next with { Accounts = next.Accounts - 1, Amount = next.Amount - before.Amount };
                if (e.Data.After is { } after && after.Owner == board.Owner)
                    next = next with { Accounts = next.Accounts + 1, Amount = next.Amount + after.Amount };
                return next.Accounts == 0 ? null : next;
            });
        }
    }

    public sealed class Sights : SingleStreamProjection<Sight>
    {
        public Sights(Action<int, RecordedEvent> trap)
        {
            Initial(_ => new(0, 0, null, null, null));
            Lookup<Deposited, Balance>(e => e.StreamId);
            LookupMany<Transferred, Balance>(e => [e.StreamId, e.Data.To]);
            Lookup<Withdrawn, Balance>(e => e.Data.Amount > 50 ? e.StreamId : null);
            On<Deposited>((s, e, found) =>
            {
                trap(2, e.Recorded);
                return s with { Count = s.Count + 1, Seen = s.Seen + (found.Of<Balance>()?.Amount ?? -1) };
            });
            On<Withdrawn>((s, _, found) => s with { LastOwner = found.Of<Balance>()?.Owner });
            Create<Opened>(_ => new(0, 0, null, null, null));
            On<Transferred>((s, e, found) => s with
            {
                LastFrom = found.Of<Balance>(e.StreamId)?.Amount,
                LastTo = found.Of<Balance>(e.Data.To)?.Amount,
            });
        }
    }

    public sealed class OwnerRows : FlatTableProjection
    {
        public OwnerRows()
        {
            Column("changes", ColumnType.Integer, notNull: true);
            Column("last", ColumnType.Integer);
            Column("seen", ColumnType.Integer, notNull: true);
            Lookup<Noted, Balance>(e => e.StreamId);
            On<Changed<Balance>>(e => $"{e.Tenant}/{(e.Data.After ?? e.Data.Before)!.Owner}", (row, e) =>
            {
                row.Increment("changes");
                row.Set("last", e.Data.After?.Amount);
            });
            On<Noted>(e => $"{e.Tenant}/{e.StreamId}", (row, _, found) => row.Increment("seen", found.Of<Balance>()?.Amount ?? -1));
        }
    }

    public sealed class Summaries : MultiStreamProjection<Summary>
    {
        public Summaries(Action<int, RecordedEvent> trap)
        {
            AcrossTenants = true;
            Initial(_ => new(0, 0, 0, 0));
            Key<Deposited>(_ => "all");
            Key<Changed<OwnerBoard>>(_ => "all");
            Key<Changed<Balance>>(_ => "all");
            Lookup<Changed<OwnerBoard>, Balance>(e => e.StreamId);
            On<Deposited>((s, _) => s with { Trace = Step(s.Trace, 1) });
            On<Changed<Balance>>((s, _) => s with { Trace = Step(s.Trace, 2) });
            On<Changed<OwnerBoard>>((s, e, found) =>
            {
                trap(3, e.Recorded);
                return new(s.Changes + 1, s.Amounts + (e.Data.After?.Amount ?? 0), s.Balances + (found.Of<Balance>()?.Amount ?? 0),
                    Step(s.Trace, 3));
            });
        }
    }

    internal static long Step(long trace, int what) => unchecked((trace * 31) + what);
}

/// <summary>The read models of the composite, computed in the plainest way: event by event.</summary>
internal sealed class CompositeLedger
{
    public Dictionary<(string Tenant, string Key), Balance> Balances { get; } = [];

    public Dictionary<(string Tenant, string Key), OwnerBoard> Boards { get; } = [];

    public Dictionary<(string Tenant, string Key), Sight> Sights { get; } = [];

    public Dictionary<string, (long Changes, long? Last, long Seen)> Rows { get; } = [];

    public Summary? Summary { get; private set; }

    public static CompositeLedger Of(IEnumerable<Happening> happenings)
    {
        var ledger = new CompositeLedger();
        foreach (var h in happenings)
            ledger.Add(h);
        return ledger;
    }

    private void Add(Happening h)
    {
        var key = (h.Tenant, h.Account);
        var before = Balances.GetValueOrDefault(key);
        Balance? after = h.Event switch
        {
            Opened o => new(o.Owner, 0, 0),
            Deposited d => before is null ? null : before with { Amount = before.Amount + d.Amount, Changes = before.Changes + 1 },
            Withdrawn w => before is null ? null : before with { Amount = before.Amount - w.Amount, Changes = before.Changes + 1 },
            Closed => null,
            _ => before,
        };
        Set(Balances, key, after);
        if (h.Event is Deposited)
            Trace(1);
        See(key, h.Event);
        if (h.Event is Noted)
            Row($"{h.Tenant}/{h.Account}", r => (r.Changes, r.Last, r.Seen + (after?.Amount ?? -1)));
        if (ReferenceEquals(before, after))
            return;
        Row($"{h.Tenant}/{(after ?? before)!.Owner}", r => (r.Changes + 1, after?.Amount, r.Seen));
        Trace(2);
        foreach (var owner in new[] { before?.Owner, after?.Owner }.OfType<string>().Distinct())
            Board(h.Tenant, owner, before, after);
    }

    private void Board(string tenant, string owner, Balance? before, Balance? after)
    {
        var board = Boards.GetValueOrDefault((tenant, owner)) ?? new(owner, 0, 0, 0);
        var (out_, in_) = (before?.Owner == owner ? before : null, after?.Owner == owner ? after : null);
        var accounts = board.Accounts - (out_ is null ? 0 : 1) + (in_ is null ? 0 : 1);
        OwnerBoard? next = accounts == 0
            ? null : new(owner, accounts, board.Amount - (out_?.Amount ?? 0) + (in_?.Amount ?? 0), board.Changes + 1);
        Set(Boards, (tenant, owner), next);
        Trace(3);
        Summary = Summary! with
        {
            Changes = Summary.Changes + 1,
            Amounts = Summary.Amounts + (next?.Amount ?? 0),
            Balances = Summary.Balances + (after?.Amount ?? 0),
        };
    }

    private void See((string Tenant, string Key) key, object e)
    {
        var sight = Sights.GetValueOrDefault(key) ?? new(0, 0, null, null, null);
        Balance? At(string account) => Balances.GetValueOrDefault((key.Tenant, account));
        Sight? next = e switch
        {
            Opened => new(0, 0, null, null, null),
            Deposited => sight with { Count = sight.Count + 1, Seen = sight.Seen + (At(key.Key)?.Amount ?? -1) },
            Withdrawn w => sight with { LastOwner = w.Amount > 50 ? At(key.Key)?.Owner : null },
            Transferred t => sight with { LastFrom = At(key.Key)?.Amount, LastTo = At(t.To)?.Amount },
            _ => null,
        };
        if (next is not null)
            Sights[key] = next;
    }

    private void Row(string key, Func<(long Changes, long? Last, long Seen), (long, long?, long)> change) =>
        Rows[key] = change(Rows.GetValueOrDefault(key));

    private void Trace(int what) =>
        Summary = (Summary ?? new(0, 0, 0, 0)) with { Trace = BankComposite.Step(Summary?.Trace ?? 0, what) };

    private static void Set<T>(Dictionary<(string, string), T> all, (string, string) key, T? value)
        where T : class
    {
        if (value is null)
            all.Remove(key);
        else
            all[key] = value;
    }
}
