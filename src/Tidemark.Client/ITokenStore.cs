using Tidemark.Protocol;

namespace Tidemark.Client;

/// <summary>
/// The tokens of a consumer that keeps them itself, best in the store of its effects. Effects happen once when the handler writes them and
/// <see cref="ConsumerDelivery.Token"/> in one transaction, and only if the stored token (or, when there is none, the start) is
/// <see cref="ConsumerDelivery.Offered"/>; otherwise it answers <see cref="ConsumerOutcome.StandsAt"/>.
/// </summary>
public interface ITokenStore
{
    /// <summary>The token as it is stored now; null when there is none.</summary>
    ValueTask<WireToken?> ReadAsync(ConsumerPartition partition, CancellationToken cancellationToken);
}
