namespace Tidemark.TestKit;

/// <summary>Waits for what another process or thread does and does not announce, with a deadline and a name.</summary>
public static class Eventually
{
    /// <summary>How long something may take that should take no time, on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits until a condition holds, and returns how long that took.</summary>
    public static Task<TimeSpan> TrueAsync(Func<bool> condition, string what, TimeSpan? patience = null) =>
        TrueAsync(() => Task.FromResult(condition()), () => what, patience);

    /// <summary>The same, with a text that is made when time is up.</summary>
    public static Task<TimeSpan> TrueAsync(Func<bool> condition, Func<string> what, TimeSpan? patience = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, patience);

    /// <summary>Waits until a condition holds, and returns how long that took.</summary>
    public static async Task<TimeSpan> TrueAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan? patience = null)
    {
        long started = TimeProvider.System.GetTimestamp();
        TimeSpan limit = patience ?? Patience;
        using var timer = new PeriodicTimer(Interval);
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > limit)
                throw new TimeoutException($"Not within {limit}: {what()}");
            await timer.WaitForNextTickAsync();
        }

        return TimeProvider.System.GetElapsedTime(started);
    }
}
