using System.Text.Json;
using Flights.Events;
using Flights.Import;
using Flights.Projections;
using Flights.Serving;
using Flights.Terminal;
using Spectre.Console;
using Tidemark.Client;
using Tidemark.Protocol.Frames;

namespace Flights.Subscriber;

/// <summary>
/// Follows the late arrivals over WebSocket until the week is over, and proves that each took effect once. It may be killed at any moment
/// and started again, and so may the server.
/// </summary>
internal sealed class SubscriberShow(IAnsiConsole console, TimeProvider time)
{
    private readonly ProgressBoard _board = new(console, time);

    /// <summary>Follows, compares, and tells; returns whether each late arrival took effect exactly once.</summary>
    /// <param name="path">The subscriber's own file.</param>
    /// <param name="port">The port of the server.</param>
    /// <param name="flightsMax">How many flights the server imports.</param>
    /// <param name="cancellationToken">Stops; a later run goes on from there.</param>
    public async Task<bool> RunAsync(string path, int port, int flightsMax, CancellationToken cancellationToken)
    {
        console.MarkupLine("[bold aqua]Tidemark[/] follows the late arrivals of a week of American air traffic.");
        console.Profile.Out.Writer.WriteLine($"Server: {LateArrivals.AddressOf(port)}");
        console.Profile.Out.Writer.WriteLine($"Own store: {path}");
        console.WriteLine();
        var file = FlightData.ReadFlights();
        var target = Math.Min(flightsMax, file.Count);
        using var ledger = ArrivalLedger.Open(path);
        await FollowAsync(ledger, port, target, cancellationToken);

        var standing = ledger.ReadStanding();
        var proof = Proof.Of(ledger.ReadArrivals(), file, (int)standing.Imported, FlightData.ReadAirports());
        Show(proof, standing);
        return proof.Holds;
    }

    private async Task FollowAsync(ArrivalLedger ledger, int port, int target, CancellationToken cancellationToken)
    {
        var before = ledger.ReadStanding();
        if (before.Imported >= target)
            return;
        if (before.Arrivals > 0)
            console.MarkupLine($"Goes on after [bold]{before.Arrivals:N0}[/] arrivals.");
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = TidemarkConsumer.Start(
            new ConsumerOptions
            {
                Url = LateArrivals.AddressOf(port),
                Subscription = LateArrivals.Name,
                Member = "subscriber",
                ReconnectMax = TimeSpan.FromSeconds(1),
            },
            (delivery, _) =>
            {
                if (ledger.Store(delivery, Read(delivery.Events)) is { } elsewhere)
                    return new(ConsumerOutcome.StandsAt(elsewhere));
                if (ledger.ReadStanding().Imported >= target)
                    over.TrySetResult();
                return new(ConsumerOutcome.Done);
            },
            ledger);
        await _board.ShowAsync(
            UntilAsync(over.Task, consumer.Completion, cancellationToken), () => [Sample(ledger, consumer.IsConnected, target)]);
    }

    private static async Task UntilAsync(Task over, Task consumer, CancellationToken cancellationToken)
    {
        // The consumer ends by itself only when the server refuses it for good; that is its error.
        var first = await Task.WhenAny(over, consumer).WaitAsync(cancellationToken);
        await first;
    }

    private static ProgressSample Sample(ArrivalLedger ledger, bool isConnected, int target)
    {
        var arrivals = ledger.ReadStanding().Arrivals;
        var note = isConnected ? $"{arrivals:N0} arrivals" : "waits for the server; start it with --serve";
        return new ProgressSample("Arrivals followed", arrivals, target, note);
    }

    private static Delivered Read(IReadOnlyList<WireEvent> events)
    {
        var (arrivals, imported, late) = (0, 0, new List<Arrival>());
        foreach (var e in events)
        {
            if (e.Type == LateArrivals.Imported)
            {
                imported = JsonSerializer.Deserialize(e.Data.Span, FlightsJson.Default.ImportAdvanced)!.Flights;
                continue;
            }

            var flight = JsonSerializer.Deserialize(e.Data.Span, FlightsJson.Default.FlightArrived)!;
            arrivals++;
            if (flight.DelayMinutes >= Delays.LateMinutes)
                late.Add(new Arrival(e.Stream, e.Tenant, flight.Origin, flight.Destination, flight.DelayMinutes));
        }

        return new Delivered(arrivals, late, imported);
    }

    private void Show(Proof proof, Standing standing)
    {
        var table = new Table().Border(TableBorder.None).HideHeaders();
        table.AddColumn(new TableColumn("").PadRight(3));
        table.AddColumn(new TableColumn("").RightAligned());
        table.AddRow("Late arrivals in the file", $"{proof.Late:N0}");
        table.AddRow("Late arrivals stored", $"{proof.Stored:N0}");
        table.AddRow("Missing", $"{proof.Missing:N0}");
        table.AddRow("Stored twice", $"{proof.Twice:N0}");
        table.AddRow("Not in the file", $"{proof.Unknown:N0}");
        console.WriteLine();
        console.Write(table);
        console.WriteLine();
        console.MarkupLine(proof.Holds
            ? $"[bold green]Exactly once:[/] each of the [bold]{proof.Late:N0}[/] late arrivals of {proof.Flights:N0} flights, " +
              $"in {(standing.Starts == 1 ? "1 start" : $"{standing.Starts:N0} starts")}."
            : "[bold red]Not exactly once.[/] Was the server started over with --reset? Then start the subscriber over too, with --reset.");
    }
}
