using System.Diagnostics;
using System.Security.Cryptography;

namespace Tidemark.Benchmarks.Measuring;

/// <summary>
/// How much more all cores together compute than one alone: the most that work beside each other can win on this machine at this moment.
/// Less than the number of cores where they share a physical core, or where others use them.
/// </summary>
internal static class CoreScaling
{
    private static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(300);

    /// <summary>Measures for a moment with one thread, then with one for each core.</summary>
    public static double Measure()
    {
        SHA256.HashData([]); // Loads what hashes.
        var alone = Count(1);
        return Count(Environment.ProcessorCount) / (double)alone;
    }

    private static long Count(int threads)
    {
        var counts = new long[threads];
        Thread[] running = [.. Enumerable.Range(0, threads).Select(i => new Thread(() => counts[i] = Hash()))];
        foreach (var thread in running)
            thread.Start();
        foreach (var thread in running)
            thread.Join();
        return counts.Sum();
    }

    private static long Hash()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        long count = 0;
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Duration; count++)
            SHA256.HashData(hash, hash);
        return count;
    }
}
