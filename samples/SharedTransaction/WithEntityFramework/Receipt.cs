namespace SharedTransaction.WithEntityFramework;

/// <summary>The application's own record of a payment.</summary>
internal sealed class Receipt
{
    public required string Id { get; init; }

    public required string Customer { get; init; }
}
