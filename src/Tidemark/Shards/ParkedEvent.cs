using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>An event in the queue of a parked stream; its data stays in the log.</summary>
/// <param name="Position">The event's position.</param>
/// <param name="EventId">The event's id.</param>
/// <param name="TypeName">The event's stored type name.</param>
/// <param name="Tenant">The event's tenant.</param>
/// <param name="Stream">The event's stream.</param>
/// <param name="Version">The event's version.</param>
public sealed record ParkedEvent(
    Position Position, Guid EventId, string TypeName, TenantId Tenant, StreamId Stream, StreamVersion Version)
{
    internal static ParkedEvent Of(RecordedEvent recorded) =>
        new(recorded.Position, recorded.Id, recorded.TypeName, recorded.Tenant, recorded.StreamId, recorded.Version);

    internal static ParkedEvent Of(DeadLetter letter) =>
        new(letter.Position, letter.EventId, letter.TypeName, letter.Tenant, letter.Stream, letter.Version);
}
