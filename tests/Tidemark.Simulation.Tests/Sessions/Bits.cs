using System.Numerics;

namespace Tidemark.Simulation.Tests.Sessions;

/// <summary>Sets of positions 1 to 62 as bits: a history has thousands of looks at them.</summary>
internal static class Bits
{
    public static ulong At(long position) => 1UL << (int)position;

    /// <summary>All positions up to this one.</summary>
    public static ulong Through(long position) => position >= 63 ? ulong.MaxValue : (1UL << (int)(position + 1)) - 1;

    public static bool Has(this ulong set, long position) => (set & At(position)) != 0;

    public static int Count(this ulong set) => BitOperations.PopCount(set);

    public static long First(this ulong set) => BitOperations.TrailingZeroCount(set);

    public static long Last(this ulong set) => 63 - BitOperations.LeadingZeroCount(set);
}
