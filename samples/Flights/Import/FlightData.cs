using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Flights.Import;

/// <summary>The files that come with the sample; see Data/NOTICE.md.</summary>
internal static class FlightData
{
    /// <summary>The name of the source, in the ledger of imports.</summary>
    public const string Source = "flights-2001-01-week1";

    /// <summary>The flights, in the order of their departure.</summary>
    public static IReadOnlyList<Flight> ReadFlights()
    {
        var flights = new List<Flight>();
        var ordinals = new Dictionary<(DateTime, string, string), int>();
        using var gzip = new GZipStream(Open(Source + ".csv.gz"), CompressionMode.Decompress);
        foreach (var fields in ReadLines(gzip))
        {
            var departure = DateTime.ParseExact(fields[0], "yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture);
            var (origin, destination) = (string.Intern(fields[1]), string.Intern(fields[2]));
            ref var ordinal = ref CollectionsMarshal.GetValueRefOrAddDefault(ordinals, (departure, origin, destination), out _);
            flights.Add(new Flight(departure, origin, destination, Number(fields[3]), Number(fields[4]), ++ordinal));
        }

        return flights;
    }

    /// <summary>The airports, by code.</summary>
    public static IReadOnlyDictionary<string, Airport> ReadAirports()
    {
        using var file = Open("airports.csv");
        return ReadLines(file)
            .Select(fields => new Airport(fields[0], fields[^4], fields[^3]))
            .ToDictionary(airport => airport.Code, StringComparer.Ordinal);
    }

    // Only one field of these files holds a quoted comma, the name of an airport; the columns after it are counted from the end.
    private static IEnumerable<string[]> ReadLines(Stream stream)
    {
        using var reader = new StreamReader(stream);
        _ = reader.ReadLine(); // The names of the columns.
        while (reader.ReadLine() is { } line)
            yield return line.Split(',');
    }

    private static int Number(string field) => int.Parse(field, CultureInfo.InvariantCulture);

    private static Stream Open(string name) =>
        typeof(FlightData).Assembly.GetManifestResourceStream(name)
        ?? throw new InvalidOperationException($"The file '{name}' is not embedded in this program; build samples/Flights again.");
}
