namespace Tidemark.Sqlite.Connections;

/// <summary>Moments as the database holds them: whole microseconds since 1970-01-01 UTC.</summary>
internal static class Microseconds
{
    /// <summary>The moment, cut to whole microseconds.</summary>
    public static long Of(DateTimeOffset moment) => (moment.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The first whole microsecond that is not before the moment.</summary>
    public static long NotBefore(DateTimeOffset moment)
    {
        var cut = Of(moment);
        return ToMoment(cut) < moment ? cut + 1 : cut;
    }

    /// <summary>The moment that is stored.</summary>
    public static DateTimeOffset ToMoment(long stored) =>
        new(DateTime.UnixEpoch.Ticks + (stored * TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
