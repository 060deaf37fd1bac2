namespace Tidemark.Delivery;

/// <summary>A key that a remote consumer shows when it connects. A hash of it is stored: its text is shown once, when made.</summary>
/// <param name="Id">Names it; also a part of the key's text. No secret.</param>
/// <param name="Name">Who has it, for people.</param>
/// <param name="Scope">What it opens.</param>
/// <param name="CreatedAt">When it was made, by the database's clock.</param>
/// <param name="RevokedAt">When it was revoked; null while it counts.</param>
public sealed record DeliveryKey(string Id, string Name, DeliveryKeyScope Scope, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt);
