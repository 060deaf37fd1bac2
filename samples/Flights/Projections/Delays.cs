namespace Flights.Projections;

/// <summary>What counts as late, and how to say it.</summary>
internal static class Delays
{
    /// <summary>From here on an arrival is late: the rule of the Bureau of Transportation Statistics.</summary>
    public const int LateMinutes = 15;

    /// <summary>From here on a delay is long.</summary>
    public const int LongMinutes = 180;

    /// <summary>A delay as people say it.</summary>
    public static string InWords(int minutes) => minutes switch
    {
        0 => "on the minute",
        < 0 => $"{Duration(-minutes)} early",
        _ => $"{Duration(minutes)} late",
    };

    private static string Duration(int minutes) => minutes switch
    {
        < 60 => $"{minutes} min",
        _ when minutes % 60 == 0 => $"{minutes / 60} h",
        _ => $"{minutes / 60} h {minutes % 60} min",
    };
}
