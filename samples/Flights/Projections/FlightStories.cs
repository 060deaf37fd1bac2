using System.Collections.Immutable;
using Flights.Events;
using Tidemark.Events;
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
        Create<FlightScheduled>(e => new FlightStory([LineOf(e, Tell(e.Data))]));
        On<FlightArrived>((story, e) => new FlightStory(story.Lines.Add(LineOf(e, Tell(e.Data)))));
    }

    private static StoryLine LineOf<TEvent>(Event<TEvent> e, string text)
        where TEvent : notnull => new(e.Version.Value, e.Position.Value, text);

    private static string Tell(FlightScheduled flight) =>
        $"scheduled to leave {flight.Origin} at {flight.Departure:HH:mm} on {flight.Departure:d MMMM} for {flight.Destination}, " +
        $"{flight.Miles:N0} miles";

    private static string Tell(FlightArrived flight) => $"arrived in {flight.Destination} {Delays.InWords(flight.DelayMinutes)}";
}
