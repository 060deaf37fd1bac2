using System.Collections.Immutable;
using Flights.Events;
using Tidemark.Projections;

namespace Flights.Projections;

/// <summary>What happened to a flight, a line for each event.</summary>
internal sealed record FlightStory(ImmutableList<StoryLine> Lines);

/// <summary>A line of a flight's story.</summary>
internal sealed record StoryLine(long Version, long Position, string Text);

/// <summary>A live projection: nothing of it is stored; a flight's story is folded from its stream when somebody asks.</summary>
internal sealed class FlightStories : SingleStreamProjection<FlightStory>
{
    public FlightStories()
    {
        Create<FlightScheduled>(e => new FlightStory([new StoryLine(
            e.Version.Value, e.Position.Value, $"scheduled to leave {e.Data.Origin} at {e.Data.Departure:HH:mm} on {e.Data.Departure:d MMMM} for {e.Data.Destination}, {e.Data.Miles:N0} miles")]));
        On<FlightArrived>((story, e) => new FlightStory(story.Lines.Add(new StoryLine(
            e.Version.Value, e.Position.Value, $"arrived in {e.Data.Destination} {Delays.InWords(e.Data.DelayMinutes)}"))));
    }
}
