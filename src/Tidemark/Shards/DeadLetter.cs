using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Shards;

/// <summary>A stored record of an event that a shard could not process and its policy took out of the way.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Position">The event's position.</param>
/// <param name="EventId">The event's id.</param>
/// <param name="TypeName">The event's stored type name.</param>
/// <param name="Tenant">The event's tenant.</param>
/// <param name="Stream">The event's stream.</param>
/// <param name="Version">The event's version.</param>
/// <param name="Category">Why it failed.</param>
/// <param name="ExceptionType">The full name of the exception's type.</param>
/// <param name="Error">The exception's text, with its stack, cut to 8,000 characters.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="RecordedAt">When the record was written, by the database's clock.</param>
public sealed record DeadLetter(
    ShardName Shard,
    Position Position,
    Guid EventId,
    string TypeName,
    TenantId Tenant,
    StreamId Stream,
    StreamVersion Version,
    ErrorCategory Category,
    string ExceptionType,
    string Error,
    int Attempts,
    DateTimeOffset RecordedAt);
