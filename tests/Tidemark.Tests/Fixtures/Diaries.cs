using System.Collections.Concurrent;
using Tidemark.Projections;

namespace Tidemark.Tests.Fixtures;

/// <summary>The amounts whose deposits fail; a test adds and heals them. Counts what the handlers were given.</summary>
public sealed class Poison
{
    private readonly ConcurrentDictionary<long, bool> _bad = [];
    private long _handled;

    public long Handled => Interlocked.Read(ref _handled);

    public void Add(params IEnumerable<long> amounts)
    {
        foreach (var amount in amounts)
            _bad[amount] = true;
    }

    public void Heal(long amount) => _bad.TryRemove(amount, out _);

    public bool Holds(long amount) => _bad.ContainsKey(amount);

    public void Taste(long amount)
    {
        Interlocked.Increment(ref _handled);
        if (Holds(amount))
            throw new InvalidOperationException($"poison {amount}");
    }
}

/// <summary>What was deposited in a stream, in the order in which it took effect.</summary>
public sealed record Diary(string Amounts);

/// <summary>A diary for each stream: it shows order, repeats and gaps.</summary>
public sealed class Diaries : SingleStreamProjection<Diary>
{
    public Diaries(Poison poison)
    {
        Initial(_ => new(""));
        On<Deposited>((d, e) =>
        {
            poison.Taste(e.Data.Amount);
            return new($"{d.Amounts}{e.Data.Amount};");
        });
    }
}

/// <summary>Sums over many streams, where the order between streams makes no difference.</summary>
public sealed record Share(long Total, int Entries);

/// <summary>A document for each remainder, fed by every stream.</summary>
public sealed class Shares : MultiStreamProjection<Share>
{
    public Shares(Poison poison)
    {
        Initial(_ => new(0, 0));
        Key<Deposited>(e => $"k{e.Data.Amount % 3}");
        On<Deposited>((s, e) =>
        {
            poison.Taste(e.Data.Amount);
            return new(s.Total + e.Data.Amount, s.Entries + 1);
        });
    }
}

/// <summary>The same sums in a plain table.</summary>
public sealed class Counts : FlatTableProjection
{
    public Counts(Poison poison)
    {
        KeyColumn("remainder");
        Column("total", ColumnType.Integer);
        On<Deposited>(e => $"k{e.Data.Amount % 3}", (row, e) =>
        {
            poison.Taste(e.Data.Amount);
            row.Increment("total", e.Data.Amount);
        });
    }
}
