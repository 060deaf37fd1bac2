using Flights.Import;
using Flights.Projections;
using Flights.Report;
using Flights.Stores;

namespace Tidemark.Samples.Tests.Flights;

/// <summary>The sample's own parts, run in this process: what the tests do with a store, and what they compare.</summary>
internal static class Playback
{
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromSeconds(120);

    public static FlightImport NewImport(FlightsStore store, int flightsMax = int.MaxValue) =>
        new(store.Events, [.. FlightData.ReadFlights().Take(flightsMax)], FlightData.ReadAirports());

    public static async Task CatchUpAsync(FlightsStore store)
    {
        await store.Daemon.StartAsync();
        await store.Daemon.WaitForCaughtUpAsync(CatchUpMax);
    }

    /// <summary>How many events there are: of flights, and of the ledger.</summary>
    public static async Task<(int Flights, int Ledger)> CountEventsAsync(FlightsStore store)
    {
        var (flights, ledger) = (0, 0);
        await foreach (var e in store.Events.ReadLogAsync())
            _ = e.StreamId.Value == FlightImport.Ledger ? ledger++ : flights++;
        return (flights, ledger);
    }

    /// <summary>Compares every figure of every projection with the direct computation.</summary>
    public static async Task ShouldAgreeAsync(FlightsStore store, Week week)
    {
        var reader = new WeekReader(store);
        var figures = await reader.ReadAsync(CancellationToken.None);
        figures.Days.ShouldBe(week.Days());
        Week.Text(figures.Hours).ShouldBe(week.Hours());
        figures.States.ShouldBe(week.States());
        figures.LongDelays.ShouldBe(week.LongDelays());
        figures.Airports.ShouldBe(week.Airports());
        figures.Routes.ShouldBe(week.Routes());
        figures.Flights.ShouldBe(week.Flights);
        figures.Miles.ShouldBe(week.Miles);
        figures.OnTimeShare.ShouldBe(week.OnTimeShare, 1e-12);
        figures.MeanDelayMinutes.ShouldBe(week.MeanDelayMinutes, 1e-9);
        await StatusesShouldAgreeAsync(store, week);
        await StoryShouldAgreeAsync(reader, week);
        (await store.Daemon.ReadDeadLettersAsync()).ShouldBeEmpty();
    }

    private static async Task StatusesShouldAgreeAsync(FlightsStore store, Week week)
    {
        var expected = week.Statuses();
        foreach (var state in week.States().Select(s => s.State))
        {
            await foreach (var (stream, status) in store.Events.ForTenant(state).Documents<FlightStatus>().AllAsync())
            {
                expected.Remove((state, stream), out var flight).ShouldBeTrue($"{state} has a flight {stream} that is not in the file.");
                if (status != flight)
                    throw new ShouldAssertException($"{stream} is {status}; it should be {flight}.");
            }
        }

        expected.ShouldBeEmpty();
    }

    private static async Task StoryShouldAgreeAsync(WeekReader reader, Week week)
    {
        var longest = week.LongDelays().First();
        var story = await reader.TellAsync(longest.State, longest.Flight, CancellationToken.None);
        story.Told.Lines.Select(l => l.Version).ShouldBe([1, 2]);
        story.Before.DelayMinutes.ShouldBeNull();
        story.Now.ShouldBe(week.Statuses()[(longest.State, longest.Flight)]);
    }
}
