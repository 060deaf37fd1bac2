using Tidemark.Testing;

namespace Tidemark.Tests.Fixtures;

/// <summary>Moves a manual clock to where the code under test waits.</summary>
internal static class Clocks
{
    /// <summary>Waits until a timer is set, then moves the clock to the next one. Returns how far.</summary>
    public static async Task<TimeSpan> NextAsync(this ManualClock clock)
    {
        await clock.WaitForTimersAsync(1).InTime();
        var by = clock.NextTimer is { } next ? next - clock.GetUtcNow() : TimeSpan.Zero;
        clock.Advance(by);
        return by;
    }

    /// <summary>Moves the clock from timer to timer until a task completes.</summary>
    public static async Task<T> RunAsync<T>(this ManualClock clock, Task<T> task)
    {
        await clock.RunAsync((Task)task);
        return await task;
    }

    /// <inheritdoc cref="RunAsync{T}(ManualClock, Task{T})"/>
    public static async Task RunAsync(this ManualClock clock, Task task)
    {
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (!task.IsCompleted)
        {
            await Task.WhenAny(task, clock.WaitForTimersAsync(1, late.Token)).InTime();
            late.Token.ThrowIfCancellationRequested();
            if (!task.IsCompleted && clock.NextTimer is { } next)
                clock.Advance(next > clock.GetUtcNow() ? next - clock.GetUtcNow() : TimeSpan.Zero);
            for (var i = 0; i < 4; i++)
                await Task.Yield();
        }

        await task;
    }
}
