using System.CommandLine;
using System.Data.Common;
using System.Text;
using Flights.Nodes;
using Flights.Serving;
using Flights.Stores;
using Flights.Subscriber;
using Spectre.Console;
using Tidemark.Client;
using Tidemark.Events;

namespace Flights;

/// <summary>The sample's command, and what it answers when something is wrong.</summary>
internal static class CommandLine
{
    private const int Interrupted = 130;
    private const int ColumnsMax = 100;

    /// <summary>The command with its options.</summary>
    public static RootCommand NewCommand()
    {
        var command = new RootCommand("Imports a week of real flights into Tidemark, keeps projections of them, and shows what they say.");
        var options = new CommandOptions();
        options.AddTo(command);
        // In a task of its own: Ctrl+C drains work only once the action has returned its task, and opening an SQLite store never yields.
        command.SetAction((given, cancellationToken) =>
            Task.Run(() => RunAsync(options.Read(given), cancellationToken), CancellationToken.None));
        return command;
    }

    private static async Task<int> RunAsync(FlightsRequest request, CancellationToken cancellationToken)
    {
        var console = NewConsole();
        IFlightsPlace? place = null;
        try
        {
            if (request.Subscribes)
                return await FollowAsync(request, console, cancellationToken) ? 0 : 1;
            place = request.Place();
            var app = new FlightsApp(console, TimeProvider.System);
            if (request.Worker is { } name)
                await Worker.RunAsync(place, name, cancellationToken);
            else if (request.Nodes is { } nodes)
                await app.RunNodesAsync(place, request.Reset || request.File is null, request.FlightsMax, nodes, cancellationToken);
            else
                await app.RunAsync(place, request.Reset, request.FlightsMax, request.Serves ? request.Port : null, cancellationToken);
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            console.WriteLine("Stopped. What is stored stays stored: run again and it goes on from here.");
            return Interrupted;
        }
        catch (Exception e) when (
            e is TidemarkException or ConnectionRefusedException or DbException or IOException or UnauthorizedAccessException
                or ArgumentException)
        {
            await Console.Error.WriteLineAsync($"Error: {e.Message}");
            if (place is not null && e is not PortTakenException)
                await Console.Error.WriteLineAsync(place.Advice);
            return 1;
        }
    }

    private static async Task<bool> FollowAsync(FlightsRequest request, IAnsiConsole console, CancellationToken cancellationToken)
    {
        if (request.Reset)
            ArrivalLedger.Reset(request.SubscriberFile);
        var show = new SubscriberShow(console, TimeProvider.System);
        return await show.RunAsync(request.SubscriberFile, request.Port, request.FlightsMax, cancellationToken);
    }

    private static IAnsiConsole NewConsole()
    {
        Console.OutputEncoding = Encoding.UTF8;
        var plain = Console.IsOutputRedirected;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = plain ? InteractionSupport.No : InteractionSupport.Detect,
        });
        console.Profile.Width = plain ? ColumnsMax : Math.Min(console.Profile.Width, ColumnsMax);
        return console;
    }
}
