using Flights.Import;
using Flights.Projections;
using Spectre.Console;

namespace Flights.Report;

/// <summary>Shows the figures of the week, in at most 100 columns.</summary>
internal sealed class WeekScreen(IAnsiConsole console, IReadOnlyDictionary<string, Airport> airports)
{
    private const int AirportsShown = 10;
    private const int RoutesShown = 8;
    private const int RouteFlightsMin = 20;
    private const double MilesAroundTheEarth = 24_901;

    /// <summary>Shows everything.</summary>
    public void Show(WeekFigures week, Story? story)
    {
        Headline(week);
        Airports(week);
        Days(week);
        Hours(week);
        Routes(week);
        if (story is not null)
            Tell(story);
    }

    private void Headline(WeekFigures week)
    {
        Title($"The sky over the USA in the days from {week.Days[0].Day:d MMMM} to {week.Days[^1].Day:d MMMM yyyy}");
        var busiest = string.Join(", ", week.States.Take(3).Select(s => $"{s.State} ({s.Flights:N0})"));
        Line($"{Bold(week.Flights)} flights on {Bold(week.Routes.Count)} connections between {Bold(week.Airports.Count)} airports.");
        Line($"Together they flew {Bold(week.Miles)} miles: {week.Miles / MilesAroundTheEarth:N0} times around the Earth.");
        Line($"[bold]{100 * week.OnTimeShare:N1}%[/] came in on time, which means less than {Delays.LateMinutes} minutes late.");
        Line($"On average they were [bold]{week.MeanDelayMinutes:N1}[/] minutes late; {Bold(week.LongDelays.Count)} were " +
            $"{Delays.LongMinutes / 60} hours late or more.");
        Line($"Each state is a tenant: {week.States.Count} of them, the busiest being {busiest}.");
    }

    private void Airports(WeekFigures week)
    {
        Title("The busiest airports");
        var table = NewTable("Airport", "Departures", "Arrivals", "Late arrivals", "Delay in", "Delay out");
        var busiest = week.Airports.OrderByDescending(a => a.Movements).ThenBy(a => a.Airport, StringComparer.Ordinal);
        foreach (var board in busiest.Take(AirportsShown))
        {
            table.AddRow(
                NameOf(board.Airport),
                $"{board.Departures:N0}",
                $"{board.Arrivals:N0}",
                Percent(WeekFigures.Share(board.LateArrivals, board.Arrivals), worseAbove: 0.3),
                $"{WeekFigures.Share(board.ArrivalDelayMinutes, board.Arrivals):N1} min",
                $"{WeekFigures.Share(board.SentDelayMinutes, board.Departures):N1} min");
        }

        Write(table);
    }

    private void Days(WeekFigures week)
    {
        Title("Day by day");
        var table = NewTable("Day", "Flights", "Mean delay", "On time", "");
        table.Columns[^1].LeftAligned();
        foreach (var day in week.Days)
        {
            var share = WeekFigures.Share(day.OnTime, day.Arrived);
            table.AddRow(
                $"{day.Day:ddd d MMM}",
                $"{day.Scheduled:N0}",
                $"{WeekFigures.Share(day.DelayMinutes, day.Arrived):N1} min",
                $"{100 * share:N1}%",
                Bar(share, 1, 40, share >= 0.75 ? "green" : "yellow"));
        }

        Write(table);
    }

    private void Hours(WeekFigures week)
    {
        Title("Leave early: the mean delay by hour of departure");
        const int morning = 5;
        var bars = week.Hours.Where(h => h.Hour >= morning)
            .Select(h => ($"{h.Hour:00}:00", h.Flights, Mean: WeekFigures.Share(h.DelayMinutes, h.Flights)))
            .ToList();
        var night = week.Hours.Where(h => h.Hour < morning).ToArray();
        if (night.Sum(h => h.Flights) is var flights and > 0)
            bars.Add(("night", flights, WeekFigures.Share(night.Sum(h => h.DelayMinutes), flights)));

        var table = NewTable("Hour", "Flights", "Mean delay", "");
        table.Columns[^1].LeftAligned();
        var longest = bars.Max(b => b.Mean);
        foreach (var (hour, count, mean) in bars)
            table.AddRow(hour, $"{count:N0}", $"{mean:N1} min", Bar(mean, longest, 50, mean < 5 ? "green" : mean < 15 ? "yellow" : "red"));
        Write(table);
    }

    private void Routes(WeekFigures week)
    {
        var worst = week.Routes
            .Where(r => r.Arrived >= RouteFlightsMin)
            .OrderByDescending(r => r.MeanDelayMinutes)
            .ThenBy(r => r.Route, StringComparer.Ordinal)
            .Take(RoutesShown)
            .ToArray();
        if (worst.Length == 0)
            return;
        Title($"Connections to avoid (of those with {RouteFlightsMin} flights or more)");
        var table = NewTable("From", "To", "Flights", "Late", "Mean delay", "Worst");
        table.Columns[1].LeftAligned();
        foreach (var route in worst)
        {
            var ends = route.Route.Split('-');
            table.AddRow(
                NameOf(ends[0]),
                NameOf(ends[1]),
                $"{route.Arrived:N0}",
                Percent(WeekFigures.Share(route.Late, route.Arrived), worseAbove: 0.5),
                $"{route.MeanDelayMinutes:N0} min",
                Delays.InWords(route.WorstDelayMinutes ?? 0));
        }

        Write(table);
    }

    private void Tell(Story story)
    {
        Title("The longest wait, as its stream tells it");
        console.MarkupLine(
            $"  Stream [bold]{story.Stream}[/] of tenant [bold]{story.State}[/], " +
            $"from {NameOf(story.Now.Origin)} to {NameOf(story.Now.Destination)}:");
        foreach (var line in story.Told.Lines)
            console.MarkupLine($"    [grey]version {line.Version}, position {line.Position:N0}:[/] {Markup.Escape(line.Text)}");
        var before = story.Before.DelayMinutes is { } known ? Delays.InWords(known) : "no news yet";
        var now = story.Now.DelayMinutes is { } delay ? Delays.InWords(delay) : "no news yet";
        console.MarkupLine($"  Folded at version 1: {before}. Folded now: [bold]{now}[/].");
    }

    private void Title(string text)
    {
        console.WriteLine();
        console.Write(new Rule($"[bold aqua]{Markup.Escape(text)}[/]") { Justification = Justify.Left, Style = new Style(Color.Grey) });
    }

    private void Line(string markup) => console.MarkupLine("  " + markup);

    private void Write(Table table) => console.Write(new Padder(table, new Padding(2, 0, 0, 0)));

    private string NameOf(string code) =>
        airports.TryGetValue(code, out var airport) ? $"{Markup.Escape(airport.City)} [grey]{code}[/]" : code;

    private static Table NewTable(string first, params string[] others)
    {
        var table = new Table().Border(TableBorder.None);
        table.AddColumn(new TableColumn($"[grey]{first}[/]").LeftAligned().NoWrap().PadRight(2));
        foreach (var name in others)
            table.AddColumn(new TableColumn($"[grey]{name}[/]").RightAligned().NoWrap().PadRight(2));
        return table;
    }

    private static string Bold(long number) => $"[bold]{number:N0}[/]";

    private static string Percent(double share, double worseAbove) =>
        share > worseAbove ? $"[red]{100 * share:N0}%[/]" : $"{100 * share:N0}%";

    private static string Bar(double value, double longest, int width, string color) =>
        $"[{color}]{new string('█', longest <= 0 ? 0 : (int)Math.Round(width * Math.Max(0, value) / longest))}[/]";
}
