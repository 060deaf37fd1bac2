using System.CommandLine;
using System.CommandLine.Parsing;
using Flights.Serving;

namespace Flights;

/// <summary>The sample's options, and what is wrong with what was given.</summary>
internal sealed class CommandOptions
{
    private const int PortMin = 1024;
    private const int PortMax = 65535;

    private readonly Option<string?> _postgres = new("--postgres")
    {
        Description = "Keep the events in PostgreSQL: Npgsql's connection string.",
        HelpName = "connection string",
    };

    private readonly Option<string?> _file = new("--file")
    {
        Description = "Keep the events in this SQLite file instead of one among your application data.",
        HelpName = "path",
    };

    private readonly Option<bool> _reset = new("--reset") { Description = "Start over: remove what an earlier run has stored." };

    private readonly Option<int?> _flights = new("--flights")
    {
        Description = "Import, or follow, only the first flights of the week.",
        HelpName = "n",
    };

    private readonly Option<int?> _nodes = new("--nodes")
    {
        Description = "Project with this many processes, 2 to 8, on a store of their own that starts over; one is killed on the way.",
        HelpName = "n",
    };

    private readonly Option<bool> _serve = new("--serve")
    {
        Description = "Serve late arrivals to a subscriber, from the beginning of the import until Ctrl+C.",
    };

    private readonly Option<bool> _subscriber = new("--subscriber")
    {
        Description = "Follow the late arrivals of a process that serves them, into an SQLite file of its own, and prove that none is " +
            "missing or doubled. It may be killed at any moment and started again.",
    };

    private readonly Option<int?> _port = new("--port")
    {
        Description = $"The port on this machine where late arrivals are served; {LateArrivals.PortDefault} by default.",
        HelpName = "n",
    };

    private readonly Option<string?> _worker = new("--worker") { Description = "Be a node of a run with --nodes.", Hidden = true };

    public CommandOptions()
    {
        Check(_flights, 1, int.MaxValue, "from 1");
        Check(_nodes, 2, 8, "from 2 to 8");
        Check(_port, PortMin, PortMax, $"from {PortMin} to {PortMax}");
    }

    /// <summary>Adds them to the command.</summary>
    public void AddTo(RootCommand command)
    {
        foreach (var option in (Option[])[_postgres, _file, _reset, _flights, _nodes, _serve, _subscriber, _port, _worker])
            command.Add(option);
        command.Validators.Add(CheckTogether);
    }

    /// <summary>What was given.</summary>
    public FlightsRequest Read(ParseResult given) => new()
    {
        Postgres = given.GetValue(_postgres),
        File = given.GetValue(_file),
        Reset = given.GetValue(_reset),
        FlightsMax = given.GetValue(_flights) ?? int.MaxValue,
        Nodes = given.GetValue(_nodes),
        Serves = given.GetValue(_serve),
        Subscribes = given.GetValue(_subscriber),
        Port = given.GetValue(_port) ?? LateArrivals.PortDefault,
        Worker = given.GetValue(_worker),
    };

    private static void Check(Option<int?> option, int least, int most, string range) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token, ..] && (!int.TryParse(token.Value, out var n) || n < least || n > most))
            result.AddError($"{option.Name} is {token.Value}; it must be a number {range}.");
    });

    private void CheckTogether(CommandResult result)
    {
        var (serves, subscribes) = (result.GetValue(_serve), result.GetValue(_subscriber));
        if (result.GetValue(_postgres) is not null && result.GetValue(_file) is not null)
            result.AddError("--postgres and --file exclude each other: the events are in one place.");
        if (result.GetValue(_postgres) is not null && subscribes)
            result.AddError("--subscriber goes without --postgres: its events come from the server, and it keeps a file of its own.");
        if (new[] { serves, subscribes, result.GetResult(_nodes) is not null }.Count(given => given) > 1)
            result.AddError("--serve, --subscriber and --nodes exclude each other: each is a process of its own.");
        if (result.GetResult(_port) is not null && !serves && !subscribes)
            result.AddError("--port is for --serve and --subscriber.");
    }
}
