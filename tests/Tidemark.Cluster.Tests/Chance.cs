namespace Tidemark.Cluster.Tests;

/// <summary>The randomness of a test: its seed is printed, and TIDEMARK_TEST_SEED repeats a run's choices.</summary>
internal static class Chance
{
    public static int NewSeed()
    {
        string? given = Environment.GetEnvironmentVariable("TIDEMARK_TEST_SEED");
        int seed = string.IsNullOrEmpty(given) ? Random.Shared.Next() : int.Parse(given);
        Say($"TIDEMARK_TEST_SEED={seed}");
        return seed;
    }

    /// <summary>Writes a line to the test's output.</summary>
    public static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    /// <summary>Lets a random time pass: when a fault strikes is part of the fault.</summary>
    public static Task PassAsync(Random random, int fromMilliseconds, int toMilliseconds, CancellationToken cancellationToken = default) =>
        Task.Delay(TimeSpan.FromMilliseconds(random.Next(fromMilliseconds, toMilliseconds)), TimeProvider.System, cancellationToken)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
