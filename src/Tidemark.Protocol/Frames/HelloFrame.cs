namespace Tidemark.Protocol.Frames;

/// <summary>Client: the first frame. Who connects, for what, and how much it takes unanswered.</summary>
/// <param name="Subscription">The name of the subscription.</param>
/// <param name="Member">A stable name of this consumer among those of the subscription; a newer connection with it replaces the older
/// one.</param>
/// <param name="Tokens">Who keeps the tokens.</param>
/// <param name="CreditEvents">How many events may be delivered and not answered, over all partitions; 1 or more.</param>
/// <param name="CreditBytes">How many bytes of deliver frames may be delivered and not answered, over all partitions; 1 or more.</param>
/// <param name="Tenant">The only tenant whose events are wanted; null for what the subscription says.</param>
public sealed record HelloFrame(
    string Subscription, string Member, TokenKeeping Tokens, int CreditEvents, long CreditBytes, string? Tenant = null) : Frame;
