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
/// <param name="Attempts">How often it was tried, retries by an operator included.</param>
/// <param name="RecordedAt">When the record was last written, by the database's clock.</param>
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
    DateTimeOffset RecordedAt)
{
    private const int ErrorLengthMax = 8000;

    /// <summary>What became of the event.</summary>
    public DeadLetterState State { get; init; }

    /// <summary>When the record was first written, by the database's clock.</summary>
    public DateTimeOffset FirstFailedAt { get; init; }

    /// <summary>The record of an event that failed; the store gives the times.</summary>
    internal static DeadLetter Of(
        ShardName shard, ParkedEvent failed, ErrorCategory category, Exception error, int attempts, DeadLetterState state) =>
        new DeadLetter(
            shard, failed.Position, failed.EventId, failed.TypeName, failed.Tenant, failed.Stream, failed.Version, category, "", "",
            attempts, default)
        { State = state }.Because(category, error);

    /// <summary>The same record with another error.</summary>
    internal DeadLetter Because(ErrorCategory category, Exception error)
    {
        var cause = (error as ApplyEventException)?.InnerException ?? error;
        var text = error.ToString();
        return this with
        {
            Category = category,
            ExceptionType = cause.GetType().FullName ?? "",
            Error = text[..Math.Min(text.Length, ErrorLengthMax)],
        };
    }
}
