namespace SharedTransaction.WithEntityFramework;

/// <summary>What a customer has paid: an entity of the read model.</summary>
internal sealed class Balance
{
    public required string Customer { get; init; }

    public long Cents { get; set; }
}
