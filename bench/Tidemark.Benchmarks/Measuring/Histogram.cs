using System.Numerics;

namespace Tidemark.Benchmarks.Measuring;

/// <summary>
/// Durations in buckets about 3% wide, so that recording allocates nothing. Not safe for concurrent use: one per caller, merged at the
/// end.
/// </summary>
internal sealed class Histogram
{
    private const int StepsBits = 5;
    private const int Steps = 1 << StepsBits;

    private readonly long[] _counts = new long[Steps * 60];
    private long _count;
    private long _max;

    /// <summary>Records a duration.</summary>
    public void Add(TimeSpan duration)
    {
        var nanoseconds = Math.Max(0, duration.Ticks * 100);
        _counts[Index(nanoseconds)]++;
        _count++;
        _max = Math.Max(_max, nanoseconds);
    }

    /// <summary>Adds what another one recorded.</summary>
    public void Add(Histogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
        _count += other._count;
        _max = Math.Max(_max, other._max);
    }

    /// <summary>The longest duration, in milliseconds.</summary>
    public double MaxMilliseconds => _max / 1e6;

    /// <summary>The duration that a share of all durations does not exceed, in milliseconds.</summary>
    public double Percentile(double share)
    {
        var rank = (long)Math.Ceiling(share * _count);
        long seen = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank && seen > 0)
                return Math.Min(_max, UpperBound(i)) / 1e6;
        }

        return 0;
    }

    private static int Index(long value)
    {
        if (value < Steps)
            return (int)value;
        var exponent = BitOperations.Log2((ulong)value) - StepsBits;
        return ((exponent + 1) << StepsBits) + (int)((value >> exponent) & (Steps - 1));
    }

    private static double UpperBound(int index)
    {
        if (index < Steps)
            return index;
        var exponent = (index >> StepsBits) - 1;
        return (double)((long)(Steps + (index & (Steps - 1)) + 1) << exponent);
    }
}
