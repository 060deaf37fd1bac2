namespace Tidemark.Benchmarks.Measuring;

/// <summary>What a measured stretch of work cost.</summary>
/// <param name="Seconds">How long it took.</param>
/// <param name="ProcessCpuSeconds">CPU time of this process.</param>
/// <param name="DatabaseCpuSeconds">
/// CPU time of the database's processes; null when they cannot be seen, 0 when the database is in this process.
/// </param>
/// <param name="AllocatedBytes">Managed bytes allocated.</param>
/// <param name="PeakMegabytes">The largest resident set of this process during the stretch.</param>
/// <param name="Collections">Garbage collections.</param>
internal sealed record Usage(
    double Seconds, double ProcessCpuSeconds, double? DatabaseCpuSeconds, long AllocatedBytes, double PeakMegabytes,
    GarbageCollections Collections)
{
    /// <summary>CPU time of process and database per event: on a machine that others use too it is steadier than the rate.</summary>
    public double CpuSecondsPer(long events) => (ProcessCpuSeconds + (DatabaseCpuSeconds ?? 0)) / events;
}
