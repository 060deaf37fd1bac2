namespace Tidemark.Tests.Fixtures;

/// <summary>Every wait of a test has an end: what does not come is a failure, not a hang.</summary>
internal static class Deadlines
{
    public static readonly TimeSpan Max = TimeSpan.FromSeconds(30);

    public static Task InTime(this Task task) => task.WaitAsync(Max);

    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Max);

    public static Task InTime(this ValueTask task) => task.AsTask().WaitAsync(Max);

    public static Task<T> InTime<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Max);
}
