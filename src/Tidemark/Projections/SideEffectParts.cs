using System.Text.Json;
using Tidemark.Log;

namespace Tidemark.Projections;

/// <summary>What side effects need of a store.</summary>
/// <param name="Encoder">Encodes appended events.</param>
/// <param name="Appender">Appends them in a transaction, inline projections included.</param>
/// <param name="Json">How messages are written.</param>
/// <param name="Outbox">Where messages wait.</param>
/// <param name="Publisher">Who publishes them; null when nobody is registered.</param>
/// <param name="Appended">Called after events were appended: readers should look.</param>
internal sealed record SideEffectParts(
    EventEncoder Encoder, TransactionAppender Appender, JsonSerializerOptions Json, IOutboxStore Outbox, IOutboxPublisher? Publisher,
    Action Appended);
