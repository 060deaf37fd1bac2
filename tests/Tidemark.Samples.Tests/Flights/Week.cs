using System.Globalization;
using System.IO.Compression;
using Flights.Import;
using Flights.Projections;
using Flights.Report;

namespace Tidemark.Samples.Tests.Flights;

/// <summary>The figures of the week, computed directly from the lines of the file, without events and projections.</summary>
internal sealed class Week
{
    private const int Late = 15;
    private const int Long = 180;

    private readonly IReadOnlyList<Line> _lines;
    private readonly Dictionary<string, string> _states;

    public Week(int flightsMax = int.MaxValue)
    {
        _lines = [.. ReadLines().Take(flightsMax)];
        _states = File.ReadLines(DataFile("airports.csv")).Skip(1).Select(l => l.Split(',')).ToDictionary(f => f[0], f => f[^3]);
    }

    private sealed record Line(string Departure, string Origin, string Destination, int Miles, int Delay)
    {
        public string Day => Departure[..10];

        public int Hour => int.Parse(Departure[11..13], CultureInfo.InvariantCulture);

        public string Route => $"{Origin}-{Destination}";

        public FlightStatus ToStatus() =>
            new(DateTime.Parse(Departure, CultureInfo.InvariantCulture), Origin, Destination, Miles) { DelayMinutes = Delay };
    }

    public int Flights => _lines.Count;

    public long Miles => _lines.Sum(l => (long)l.Miles);

    public double OnTimeShare => (double)_lines.Count(l => l.Delay < Late) / _lines.Count;

    public double MeanDelayMinutes => _lines.Average(l => l.Delay);

    public IEnumerable<DayFigures> Days() =>
        from line in _lines
        group line by line.Day into day
        orderby day.Key
        select new DayFigures(
            DateOnly.Parse(day.Key, CultureInfo.InvariantCulture),
            Scheduled: day.Count(),
            Miles: day.Sum(l => (long)l.Miles),
            Arrived: day.Count(),
            OnTime: day.Count(l => l.Delay < Late),
            DelayMinutes: day.Sum(l => (long)l.Delay));

    public IEnumerable<string> Hours() =>
        from line in _lines
        group line by line.Hour into hour
        orderby hour.Key
        select $"{hour.Key}: {hour.Count()} flights, {hour.Sum(l => l.Delay)} minutes, " +
            $"{hour.Count(l => l.Delay < 0)} {hour.Count(l => l.Delay is >= 0 and < Late)} " +
            $"{hour.Count(l => l.Delay is >= Late and < 60)} " +
            $"{hour.Count(l => l.Delay is >= 60 and < Long)} {hour.Count(l => l.Delay >= Long)}";

    public static IEnumerable<string> Text(IEnumerable<HourFigures> hours) => hours.Select(h =>
        $"{h.Hour}: {h.Flights} flights, {h.DelayMinutes} minutes, {string.Join(' ', HourlyDelays.Classes.Select(c => h.Classes[c]))}");

    public IEnumerable<StateFigures> States() =>
        from line in _lines
        group line by _states[line.Origin] into state
        orderby state.Count() descending, state.Key
        select new StateFigures(state.Key, state.Count());

    public IEnumerable<LongDelay> LongDelays() => Streams()
        .Where(f => f.Line.Delay >= Long)
        .Select(f => new LongDelay(f.Stream, _states[f.Line.Origin], f.Line.Origin, f.Line.Destination, f.Line.Delay))
        .OrderByDescending(d => d.DelayMinutes)
        .ThenBy(d => d.Flight, StringComparer.Ordinal);

    public IEnumerable<AirportBoard> Airports()
    {
        var departures = _lines.ToLookup(l => l.Origin);
        var arrivals = _lines.ToLookup(l => l.Destination);
        var airports = departures.Concat(arrivals).Select(g => g.Key).Distinct().Order(StringComparer.Ordinal);
        return airports.Select(airport => new AirportBoard(airport)
        {
            Departures = departures[airport].Count(),
            Arrivals = arrivals[airport].Count(),
            LateArrivals = arrivals[airport].Count(l => l.Delay >= Late),
            ArrivalDelayMinutes = arrivals[airport].Sum(l => (long)l.Delay),
            SentDelayMinutes = departures[airport].Sum(l => (long)l.Delay),
        });
    }

    public IEnumerable<RouteRecord> Routes() => _lines
        .GroupBy(l => l.Route)
        .OrderBy(g => g.Key, StringComparer.Ordinal)
        .Select(route => new RouteRecord(route.Key)
        {
            Miles = route.First().Miles,
            Flights = route.Count(),
            Arrived = route.Count(),
            Late = route.Count(l => l.Delay >= Late),
            DelayMinutes = route.Sum(l => (long)l.Delay),
            WorstDelayMinutes = route.Max(l => l.Delay),
        });

    /// <summary>The documents of the flights, by state and stream.</summary>
    public Dictionary<(string State, string Stream), FlightStatus> Statuses() => Streams().ToDictionary(
        f => (_states[f.Line.Origin], f.Stream),
        f => f.Line.ToStatus());

    private static string DataFile(string name) => Path.Combine(AppContext.BaseDirectory, "Data", name);

    private static IEnumerable<Line> ReadLines()
    {
        var file = File.OpenRead(DataFile(FlightData.Source + ".csv.gz"));
        using var reader = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1);
        foreach (var f in lines.Select(l => l.TrimEnd('\r').Split(',')))
            yield return new Line(f[0], f[1], f[2], Number(f[3]), Number(f[4]));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    // Flights of the same leg at the same minute are told apart by their order in the file.
    private IEnumerable<(string Stream, Line Line)> Streams() => _lines
        .GroupBy(l => $"{l.Departure}-{l.Route}")
        .SelectMany(same => same.Select((line, i) => (i == 0 ? same.Key : $"{same.Key}-{i + 1}", line)));
}
