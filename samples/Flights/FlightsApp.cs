using System.Diagnostics;
using Flights.Import;
using Flights.Nodes;
using Flights.Report;
using Flights.Serving;
using Flights.Stores;
using Flights.Terminal;
using Spectre.Console;
using Tidemark.Hosting;
using Tidemark.Shards;

namespace Flights;

/// <summary>The sample from end to end: import, projections, report.</summary>
internal sealed class FlightsApp(IAnsiConsole console, TimeProvider time)
{
    private const string Command = "dotnet run -c Release --project samples/Flights";

    private readonly ProgressBoard _board = new(console, time);

    /// <summary>Runs the sample.</summary>
    /// <param name="place">Where the events are kept.</param>
    /// <param name="reset">Whether to remove what an earlier run stored there.</param>
    /// <param name="flightsMax">How many flights to import.</param>
    /// <param name="port">Where to serve late arrivals meanwhile, and afterwards until it is stopped; null not to.</param>
    /// <param name="cancellationToken">Stops in order; a later run goes on from there.</param>
    public async Task RunAsync(IFlightsPlace place, bool reset, int flightsMax, int? port, CancellationToken cancellationToken)
    {
        console.MarkupLine("[bold aqua]Tidemark[/] plays back a week of American air traffic: real flights, stored as events.");
        console.Profile.Out.Writer.WriteLine($"Store: {place.Description}");
        console.WriteLine();
        if (reset)
            await place.ResetAsync(cancellationToken);

        var airports = FlightData.ReadAirports();
        await using var store = port is null
            ? await FlightsStore.OpenAsync(place, cancellationToken)
            : await ServeAsync(place, port.Value, flightsMax, cancellationToken);
        await ImportAsync(new FlightImport(store.Events, [.. FlightData.ReadFlights().Take(flightsMax)], airports), cancellationToken);
        await CatchUpAsync(store, cancellationToken);
        await ReportAsync(store, airports, cancellationToken);
        ShowHowToGoOn(place);
        if (port is null)
            return;
        console.WriteLine();
        console.WriteLine("Serves late arrivals until Ctrl+C.");
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Runs the sample with the projections on several nodes; see <see cref="NodesShow"/>.</summary>
    public async Task RunNodesAsync(IFlightsPlace place, bool reset, int flightsMax, int nodes, CancellationToken cancellationToken)
    {
        console.MarkupLine("[bold aqua]Tidemark[/] plays back a week of American air traffic, with several processes on one store.");
        console.Profile.Out.Writer.WriteLine($"Store: {place.Description}");
        console.WriteLine();
        if (reset)
            await place.ResetAsync(cancellationToken);

        var airports = FlightData.ReadAirports();
        await using var store = await FlightsStore.OpenAsync(place, NodesShow.BoardPartitions, node: null, cancellationToken);
        var import = new FlightImport(store.Events, [.. FlightData.ReadFlights().Take(flightsMax)], airports);
        await new NodesShow(console, time).RunAsync(place, store, import, nodes, cancellationToken);
        await ReportAsync(store, airports, cancellationToken);
        console.WriteLine();
        console.Profile.Out.Writer.WriteLine($"The events are in: {place.Description}");
    }

    // Here the daemon runs from the beginning, so that subscribers follow while the flights are imported.
    private async Task<FlightsStore> ServeAsync(IFlightsPlace place, int port, int flightsMax, CancellationToken cancellationToken)
    {
        var store = await DeliveryServer.StartAsync(place, port, cancellationToken);
        await store.Daemon.StartAsync(cancellationToken);
        var writer = console.Profile.Out.Writer;
        writer.WriteLine($"Serves late arrivals at {LateArrivals.AddressOf(port)}");
        writer.WriteLine($"To follow them, elsewhere:  {Command} -- --subscriber{SubscriberArguments(port, flightsMax)}");
        console.WriteLine();
        return store;
    }

    private async Task ReportAsync(FlightsStore store, IReadOnlyDictionary<string, Airport> airports, CancellationToken cancellationToken)
    {
        var reader = new WeekReader(store);
        var week = await reader.ReadAsync(cancellationToken);
        var story = week.LongDelays is [var longest, ..] ? await reader.TellAsync(longest.State, longest.Flight, cancellationToken) : null;
        new WeekScreen(console, airports).Show(week, story);
    }

    private async Task ImportAsync(FlightImport import, CancellationToken cancellationToken)
    {
        const int eventsPerFlight = 2;
        var watch = Stopwatch.StartNew();
        var work = Task.Run(() => import.RunAsync(cancellationToken), CancellationToken.None);
        await _board.ShowAsync(
            work, () => [new ProgressSample("Flights stored", import.Done, import.Total, import.Appended > 0 ? Rate() : "")]);
        console.MarkupLine(import.Appended == 0
            ? $"All [bold]{import.Total:N0}[/] flights were stored before; nothing was stored twice."
            : $"Stored [bold]{eventsPerFlight * import.Appended:N0}[/] events of [bold]{import.Appended:N0}[/] flights in " +
              $"{watch.Elapsed.TotalSeconds:N1} s, {Rate()}" +
              $"{(import.Appended < import.Total ? $"; the other {import.Total - import.Appended:N0} flights were there already" : "")}.");
        console.WriteLine();

        string Rate() => $"{eventsPerFlight * import.Appended / watch.Elapsed.TotalSeconds:N0} events/s";
    }

    private async Task CatchUpAsync(FlightsStore store, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await store.Daemon.StartAsync(cancellationToken);
        var work = store.Daemon.WaitForCaughtUpAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        await _board.ShowAsync(work, () => Samples(store));
        var shards = ProjectionsOf(store.Daemon.Status());
        var events = shards.Sum(s => s.EventsProcessed);
        console.MarkupLine(events == 0
            ? $"All [bold]{shards.Length}[/] projections were up to date."
            : $"[bold]{shards.Length}[/] projections applied [bold]{events:N0}[/] events in {watch.Elapsed.TotalSeconds:N1} s.");
    }

    private static ProgressSample[] Samples(FlightsStore store)
    {
        var status = store.Daemon.Status();
        return
        [
            .. ProjectionsOf(status).Select(s => new ProgressSample(s.Shard.Projection, s.Position.Value, status.Last.Value, NoteOf(s))),
        ];
    }

    // Beside them stands the shard that delivers, when it serves.
    private static ShardStatus[] ProjectionsOf(DaemonStatus status) =>
        [.. status.Shards.Where(s => s.Shard.Projection != LateArrivals.Name)];

    private static string SubscriberArguments(int port, int flightsMax) =>
        (port == LateArrivals.PortDefault ? "" : $" --port {port}") + (flightsMax == int.MaxValue ? "" : $" --flights {flightsMax}");

    private static string NoteOf(ShardStatus shard) =>
        shard.EventsProcessed > 0 ? $"{shard.EventsProcessed:N0} events" : shard.State == ShardState.Live ? "up to date" : "";

    private void ShowHowToGoOn(IFlightsPlace place)
    {
        var writer = console.Profile.Out.Writer;
        var arguments = place.Arguments;
        console.WriteLine();
        writer.WriteLine("Run it again, and nothing is stored twice:");
        writer.WriteLine($"  {Command}{(arguments.Length > 0 ? " --" + arguments : "")}");
        writer.WriteLine($"To start over:     {Command} --{arguments} --reset");
        if (place is SqlitePlace)
            writer.WriteLine("With PostgreSQL:   the same with  -- --postgres \"Host=localhost;Username=postgres\"");
        writer.WriteLine($"The events are in: {place.Description}");
    }
}
