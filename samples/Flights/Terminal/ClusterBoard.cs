using Spectre.Console;
using Spectre.Console.Rendering;
using Tidemark.Control;

namespace Flights.Terminal;

/// <summary>Shows who runs what: a table that follows on a terminal; elsewhere what happens, with the table as it was then.</summary>
internal sealed class ClusterBoard(IAnsiConsole console, TimeProvider time)
{
    private readonly long _begun = time.GetTimestamp();
    private readonly List<string> _said = [];
    private LiveDisplayContext? _live;

    private bool IsTerminal => console.Profile.Capabilities.Interactive && console.Profile.Out.IsTerminal;

    /// <summary>Shows the table while work goes on; passes on its error.</summary>
    public Task ShowAsync(Func<Task> work) =>
        IsTerminal
            ? console.Live(new Text("")).StartAsync(async context =>
            {
                _live = context;
                await work();
            })
            : work();

    /// <summary>Says what happens.</summary>
    public void Say(string text)
    {
        var line = $"{time.GetElapsedTime(_begun).TotalSeconds,5:N1} s  {text}";
        _said.Add(line);
        if (_live is null)
            console.Profile.Out.Writer.WriteLine(line);
    }

    /// <summary>The newest state of the cluster.</summary>
    public void Update(ClusterStatus status)
    {
        if (_live is null)
            return;
        IEnumerable<IRenderable> lines = _said.Select(text => new Text(text, new Style(Color.Grey)));
        _live.UpdateTarget(new Rows([TableOf(status), new Text(""), .. lines]));
    }

    /// <summary>A state that is worth keeping where lines are not redrawn.</summary>
    public void Keep(ClusterStatus status)
    {
        Update(status);
        if (_live is not null)
            return;
        console.Write(new Padder(TableOf(status), new Padding(9, 0, 0, 0)));
        console.WriteLine();
    }

    private static Table TableOf(ClusterStatus status)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var name in (string[])["Projection", "Slots", "Node"])
            table.AddColumn(new TableColumn($"[grey]{name}[/]").NoWrap().PadRight(2));
        foreach (var name in (string[])["Epoch", "Position", "Gap", "Events/s", "Lag"])
            table.AddColumn(new TableColumn($"[grey]{name}[/]").RightAligned().NoWrap().PadRight(2));
        foreach (var shard in status.Shards)
        {
            table.AddRow(
                shard.Shard.Projection,
                $"{shard.Shard.Slots}",
                shard.State == ClusterShard.Running ? $"{ColorOf(shard.Owner!)}" : $"[yellow]{shard.State}[/]",
                $"{shard.Epoch.Value}",
                $"{shard.Position?.Value:N0}",
                $"{shard.Gap:N0}",
                shard.Rate is { } rate ? $"{rate:N0}" : "",
                shard.Lag is { } lag ? $"{lag.TotalSeconds:N1} s" : "");
        }

        return table;
    }

    private static string ColorOf(string node)
    {
        string[] colors = ["aqua", "green", "fuchsia", "olive", "blue", "teal", "silver", "maroon"];
        var number = int.TryParse(node.AsSpan(node.LastIndexOf('-') + 1), out var n) ? n : 0;
        return $"[{colors[number % colors.Length]}]{Markup.Escape(node)}[/]";
    }
}
