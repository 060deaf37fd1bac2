using Flights.Import;
using Flights.Projections;
using Flights.Stores;
using Tidemark.TestKit;
using Tidemark.TestKit.Postgres;

namespace Tidemark.Samples.Tests.Flights;

public sealed class FlightsTests
{
    [Fact]
    public async Task Whole_week_on_SQLite_agrees_with_the_file_and_is_not_repeated()
    {
        using var folder = new TemporaryFolder();
        const int week = 113_493;
        await Import_agrees_and_is_not_repeated(new SqlitePlace(folder.File("flights.db")), flights: week, entries: 23);
    }

    [Fact]
    public async Task First_days_on_PostgreSQL_agree_with_the_file_and_are_not_repeated()
    {
        Assert.SkipWhen(Requirements.PostgreSqlMissing() is not null, Requirements.PostgreSqlMissing() ?? "");
        var cluster = await PostgresCluster.SharedAsync();
        var place = new PostgreSqlPlace(await cluster.CreateDatabaseAsync("flights"));
        await Import_agrees_and_is_not_repeated(place, flights: 40_000, entries: 8);
    }

    [Fact]
    public async Task Import_interrupted_in_the_middle_goes_on_from_there()
    {
        const int flightsMax = 20_000;
        using var folder = new TemporaryFolder();
        var place = new SqlitePlace(folder.File("flights.db"));
        int before;
        await using (var store = await FlightsStore.OpenAsync(place, CancellationToken.None))
        {
            var import = Playback.NewImport(store, flightsMax);
            await InterruptAsync(import, whenDone: 7_000);
            before = import.Appended;
            before.ShouldBeInRange(7_000, flightsMax - 1);
        }

        await using (var store = await FlightsStore.OpenAsync(place, CancellationToken.None))
        {
            var import = Playback.NewImport(store, flightsMax);
            await import.RunAsync(CancellationToken.None);
            import.Done.ShouldBe(flightsMax);
            import.Appended.ShouldBe(flightsMax - before);
            (await Playback.CountEventsAsync(store)).ShouldBe((2 * flightsMax, 4));
            var ledger = await store.Events.Documents<ImportLedger>().FindAsync(FlightImport.Ledger);
            ledger.ShouldBe(new ImportLedger(FlightData.Source, flightsMax));
            await Playback.CatchUpAsync(store);
            await Playback.ShouldAgreeAsync(store, new Week(flightsMax));
        }
    }

    private static async Task Import_agrees_and_is_not_repeated(IFlightsPlace place, int flights, int entries)
    {
        var week = new Week(flights);
        week.Flights.ShouldBe(flights);
        (int, int) events;
        await using (var store = await FlightsStore.OpenAsync(place, CancellationToken.None))
        {
            await Playback.NewImport(store, flights).RunAsync(CancellationToken.None);
            await Playback.CatchUpAsync(store);
            await Playback.ShouldAgreeAsync(store, week);
            events = await Playback.CountEventsAsync(store);
            events.ShouldBe((2 * flights, entries));
        }

        await using (var store = await FlightsStore.OpenAsync(place, CancellationToken.None))
        {
            var again = Playback.NewImport(store, flights);
            await again.RunAsync(CancellationToken.None);
            again.Appended.ShouldBe(0);
            await Playback.CatchUpAsync(store);
            store.Daemon.Status().Shards.ShouldAllBe(s => s.EventsProcessed == 0);
            (await Playback.CountEventsAsync(store)).ShouldBe(events);
        }
    }

    // Cancels as Ctrl+C does: no further flight is taken, those in flight are waited for.
    private static async Task InterruptAsync(FlightImport import, int whenDone)
    {
        using var interrupt = new CancellationTokenSource();
        var running = Task.Run(() => import.RunAsync(interrupt.Token));
        while (import.Done < whenDone && !running.IsCompleted)
            await Task.Yield();
        await interrupt.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
    }
}
