namespace Tidemark.TestNode.Bank;

/// <summary>A branch's document, over all accounts.</summary>
public sealed record BranchTotal(long Total, long Events, long Mix)
{
    public static readonly BranchTotal None = new(0, 0, 17);

    public BranchTotal After(long amount) => new(Total + amount, Events + 1, Balance.MixOf(Mix, amount));
}
