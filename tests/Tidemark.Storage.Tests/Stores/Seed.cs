using FsCheck;
using FsCheck.Fluent;

namespace Tidemark.Storage.Tests.Stores;

/// <summary>The seed of a randomised test: printed, and given by TIDEMARK_TEST_SEED to repeat a run.</summary>
public static class Seed
{
    public static int New()
    {
        var given = Environment.GetEnvironmentVariable("TIDEMARK_TEST_SEED");
        var seed = string.IsNullOrEmpty(given) ? Random.Shared.Next() : int.Parse(given);
        TestContext.Current.TestOutputHelper?.WriteLine($"TIDEMARK_TEST_SEED={seed}");
        return seed;
    }

    /// <summary>Draws cases from a generator.</summary>
    public static IReadOnlyList<T> Cases<T>(Gen<T> generator, int count, int seed) =>
        [.. generator.Sample(50, new Rnd((ulong)seed), count)];
}
