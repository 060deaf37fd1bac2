using System.CommandLine;
using System.Data.Common;
using System.Text;
using Flights.Nodes;
using Flights.Stores;
using Spectre.Console;
using Tidemark.Events;

namespace Flights;

/// <summary>The sample's options, and what it answers when something is wrong.</summary>
internal static class CommandLine
{
    private const int Interrupted = 130;
    private const int ColumnsMax = 100;

    /// <summary>The command with its options.</summary>
    public static RootCommand NewCommand()
    {
        var postgres = new Option<string?>("--postgres")
        {
            Description = "Keep the events in PostgreSQL: Npgsql's connection string.",
            HelpName = "connection string",
        };
        var file = new Option<string?>("--file")
        {
            Description = "Keep the events in this SQLite file instead of one among your application data.",
            HelpName = "path",
        };
        var reset = new Option<bool>("--reset") { Description = "Start over: remove what an earlier run has stored." };
        var flights = new Option<int?>("--flights") { Description = "Import only the first flights of the week.", HelpName = "n" };
        flights.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && (!int.TryParse(token.Value, out var n) || n < 1))
                result.AddError($"--flights is {token.Value}; it must be a number from 1.");
        });

        var nodes = new Option<int?>("--nodes")
        {
            Description = "Project with this many processes, 2 to 8, on a store of their own that starts over; one is killed on the way.",
            HelpName = "n",
        };
        nodes.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && (!int.TryParse(token.Value, out var n) || n is < 2 or > 8))
                result.AddError($"--nodes is {token.Value}; it must be a number from 2 to 8.");
        });
        var worker = new Option<string?>("--worker") { Description = "Be a node of a run with --nodes.", Hidden = true };

        var command = new RootCommand("Imports a week of real flights into Tidemark, keeps projections of them, and shows what they say.")
        {
            postgres, file, reset, flights, nodes, worker,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(postgres) is not null && result.GetValue(file) is not null)
                result.AddError("--postgres and --file exclude each other: the events are in one place.");
        });
        // In a task of its own: Ctrl+C drains work only once the action has returned its task, and opening an SQLite store never yields.
        command.SetAction((given, cancellationToken) => Task.Run(
            () => RunAsync(
                new Wish(
                    given.GetValue(postgres),
                    given.GetValue(file),
                    given.GetValue(reset),
                    given.GetValue(flights) ?? int.MaxValue,
                    given.GetValue(nodes),
                    given.GetValue(worker)),
                cancellationToken),
            CancellationToken.None));
        return command;
    }

    private static async Task<int> RunAsync(Wish wish, CancellationToken cancellationToken)
    {
        var console = NewConsole();
        IFlightsPlace? place = null;
        try
        {
            place = wish.Place();
            var app = new FlightsApp(console, TimeProvider.System);
            if (wish.Worker is { } name)
                await Worker.RunAsync(place, name, cancellationToken);
            else if (wish.Nodes is { } nodes)
                await app.RunNodesAsync(place, wish.Reset || wish.File is null, wish.FlightsMax, nodes, cancellationToken);
            else
                await app.RunAsync(place, wish.Reset, wish.FlightsMax, cancellationToken);
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            console.WriteLine("Stopped. What is stored stays stored: run again and it goes on from here.");
            return Interrupted;
        }
        catch (Exception e) when (e is TidemarkException or DbException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            await Console.Error.WriteLineAsync($"Error: {e.Message}");
            if (place is not null)
                await Console.Error.WriteLineAsync(place.Advice);
            return 1;
        }
    }

    /// <summary>What the user asks for.</summary>
    private sealed record Wish(string? Postgres, string? File, bool Reset, int FlightsMax, int? Nodes, string? Worker)
    {
        private bool IsShared => Nodes is not null || Worker is not null;

        // Runs on several nodes keep their events apart from those of plain runs: they start over each time.
        public IFlightsPlace Place() => (Postgres, IsShared) switch
        {
            (null, false) => new SqlitePlace(File),
            (null, true) => new SqlitePlace(File, SqlitePlace.NodesFileName),
            (_, false) => new PostgreSqlPlace(Postgres),
            (_, true) => new PostgreSqlPlace(Postgres, PostgreSqlPlace.NodesSchema),
        };
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
