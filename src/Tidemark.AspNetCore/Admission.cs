namespace Tidemark.AspNetCore;

/// <summary>Whether a request may become a connection.</summary>
/// <param name="KeyId">The key that it showed; null without one.</param>
/// <param name="Status">The HTTP status of a refusal; 0 when there is none.</param>
/// <param name="Why">What to do about a refusal.</param>
internal readonly record struct Admission(string? KeyId, int Status, string? Why)
{
    /// <summary>It needs no key.</summary>
    public static readonly Admission WithoutKey;
}
