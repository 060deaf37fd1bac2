using FsCheck;
using FsCheck.Fluent;

namespace Tidemark.Tests.Fixtures;

/// <summary>The seed of a randomised test: printed, and given by TIDEMARK_SEED to repeat a run.</summary>
internal static class Seed
{
    public static int New()
    {
        var given = Environment.GetEnvironmentVariable("TIDEMARK_SEED");
        var seed = string.IsNullOrEmpty(given) ? Random.Shared.Next() : int.Parse(given);
        TestContext.Current.TestOutputHelper?.WriteLine($"TIDEMARK_SEED={seed}");
        return seed;
    }

    /// <summary>Draws cases from a generator.</summary>
    public static IReadOnlyList<T> Cases<T>(Gen<T> generator, int count) => [.. generator.Sample(count, new Rnd((ulong)New()), 50)];
}
