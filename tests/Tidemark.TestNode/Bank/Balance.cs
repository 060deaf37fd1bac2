namespace Tidemark.TestNode.Bank;

/// <summary>An account's document. The mix depends on the order of the events and on each being applied once.</summary>
public sealed record Balance(long Total, long Events, long Version, long Mix)
{
    public static readonly Balance None = new(0, 0, 0, 17);

    /// <summary>The document after an event; the same rule for the projection and for a fold by hand.</summary>
    public Balance After(long amount, long version) => new(Total + amount, Events + 1, version, MixOf(Mix, amount));

    /// <summary>Depends on the order, and stays small.</summary>
    public static long MixOf(long mix, long amount) => ((mix * 31) + amount + 1_000_000) % 1_000_000_007;
}
