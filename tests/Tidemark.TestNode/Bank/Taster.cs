namespace Tidemark.TestNode.Bank;

/// <summary>
/// Fails on one amount, and tells of the deposits of tenant "bolt": a line "handled bolt AMOUNT after COUNT", by how many other deposits
/// were handled before it.
/// </summary>
public sealed class Taster(int poison)
{
    /// <summary>The tenant that it tells of.</summary>
    public const string Watched = "bolt";

    private long _handled;

    public void Taste(string tenant, int amount)
    {
        if (poison != 0 && amount == poison)
            throw new InvalidDataException("The handler does not know this amount.");
        if (tenant == Watched)
            Console.WriteLine($"handled {Watched} {amount} after {Interlocked.Read(ref _handled)}");
        else
            Interlocked.Increment(ref _handled);
    }
}
