namespace Tidemark.Webhooks;

/// <summary>What a receiver finds about a call.</summary>
public enum WebhookVerdict
{
    /// <summary>A header is missing or malformed.</summary>
    Malformed = 0,

    /// <summary>Who holds the secret has sent exactly this, recently.</summary>
    Valid = 1,

    /// <summary>No signature fits: another secret, or another body than the one that was sent.</summary>
    WrongSignature = 2,

    /// <summary>It was signed too long ago: it may have been recorded, and sent again by somebody else.</summary>
    TooOld = 3,

    /// <summary>It was signed in the future: a clock is wrong.</summary>
    TooNew = 4,
}
