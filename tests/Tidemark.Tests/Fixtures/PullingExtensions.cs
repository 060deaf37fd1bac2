using Tidemark.Events;
using Tidemark.Pulling;

namespace Tidemark.Tests.Fixtures;

/// <summary>Reads of a cursor that stands somewhere and is not otherwise known to the agent.</summary>
internal static class PullingExtensions
{
    public static ValueTask<EventPage> GetAsync(this PullingAgent agent, Position after, CancellationToken cancellationToken) =>
        agent.GetAsync(new EventCursor(agent, after), cancellationToken);
}
