using System.Globalization;

namespace Tidemark.Cluster.Tests;

/// <summary>How long the torture lasts: seconds in the suite, minutes when TIDEMARK_SOAK_MINUTES says so (see soak.sh).</summary>
internal static class Soak
{
    /// <summary>The trait of the tests that soak.sh runs.</summary>
    public const string Name = "soak";

    public const string Yes = "yes";

    private const string Variable = "TIDEMARK_SOAK_MINUTES";

    public static bool IsOn => Minutes > 0;

    private static double Minutes =>
        double.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.Float, CultureInfo.InvariantCulture, out double minutes)
            ? minutes
            : 0;

    /// <summary>A duration: the suite's own, or a share of the soak.</summary>
    public static TimeSpan Duration(double seconds, double share) =>
        IsOn ? TimeSpan.FromMinutes(Minutes * share) : TimeSpan.FromSeconds(seconds);

    /// <summary>How often a fault strikes: in the suite, or in a soak whatever its length.</summary>
    public static int Times(int inSuite, int inSoak) => IsOn ? inSoak : inSuite;

    /// <summary>Whether a repeated fault strikes again: so often in the suite, until a share of the soak is over otherwise.</summary>
    public static bool GoesOn(int done, int times, long started, double share) => IsOn
        ? TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMinutes(Minutes * share)
        : done < times;
}
