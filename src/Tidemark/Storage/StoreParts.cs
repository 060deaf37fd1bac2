using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;

namespace Tidemark.Storage;

/// <summary>What all event databases of a store share in one process.</summary>
/// <param name="Types">The event types.</param>
/// <param name="Json">How events, documents and messages are written.</param>
/// <param name="Encoder">Encodes events that are appended.</param>
/// <param name="Projections">The registered projections.</param>
/// <param name="Inline">Those that are applied in the transaction of an append.</param>
/// <param name="Publisher">Who publishes messages of side effects; null when nobody is registered.</param>
/// <param name="Options">The options of a database's parts.</param>
/// <param name="ApplySchema">Whether a schema that is missing is applied, not only checked.</param>
/// <param name="Time">The clock.</param>
/// <param name="Loggers">Where to log.</param>
internal sealed record StoreParts(
    EventTypeRegistry Types, JsonSerializerOptions Json, EventEncoder Encoder, ProjectionCatalog Projections, InlineProjections Inline,
    IOutboxPublisher? Publisher, EventDatabaseOptions Options, bool ApplySchema, TimeProvider Time, ILoggerFactory Loggers) : IDisposable
{
    private const int LargeCommitsMax = 3;

    /// <summary>
    /// Bounds the large commits under way at once in this process: they need memory and cores, and more of them side by side are not
    /// faster. Whoever waits longest comes next, so that one database's backlog does not hold up the others.
    /// </summary>
    public SemaphoreSlim LargeCommits { get; } = new(LargeCommitsMax);

    /// <inheritdoc />
    public void Dispose() => LargeCommits.Dispose();
}
