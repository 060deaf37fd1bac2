using System.Data.Common;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Delivery;

/// <summary>The code of a consumer in this process: one of the first three is given.</summary>
internal sealed record InProcessConsumer
{
    /// <summary>Handles one event.</summary>
    public Func<RecordedEvent, CancellationToken, ValueTask>? EachAsync { get; init; }

    /// <summary>Handles a batch.</summary>
    public Func<DeliveryBatch, CancellationToken, ValueTask<DeliveryOutcome>>? HandleAsync { get; init; }

    /// <summary>Handles a batch in the transaction of its token.</summary>
    public Func<DeliveryBatch, DbTransaction, CancellationToken, ValueTask<DeliveryOutcome>>? WriteAsync { get; init; }

    /// <summary>Reads the token that it keeps itself; null when the store keeps it.</summary>
    public Func<ShardName, CancellationToken, ValueTask<HandshakeToken?>>? ReadTokenAsync { get; init; }
}
