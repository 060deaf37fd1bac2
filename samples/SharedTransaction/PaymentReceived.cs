namespace SharedTransaction;

/// <summary>A customer paid.</summary>
internal sealed record PaymentReceived(string Customer, long Cents);
