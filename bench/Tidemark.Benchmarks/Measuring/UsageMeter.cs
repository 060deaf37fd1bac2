using System.Diagnostics;
using System.Globalization;

namespace Tidemark.Benchmarks.Measuring;

/// <summary>
/// Measures a stretch of work. What earlier work left on the heap is given back first, so that the peak is that of the stretch.
/// </summary>
internal sealed class UsageMeter
{
    private readonly Func<double?> _databaseCpu;
    private readonly long _started;
    private readonly double _cpu;
    private readonly double? _database;
    private readonly long _allocated;
    private readonly GarbageCollections _collections;

    private UsageMeter(Func<double?> databaseCpu)
    {
        _databaseCpu = databaseCpu;
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ResetPeak();
        _database = databaseCpu();
        _collections = GarbageCollections.SoFar();
        _allocated = GC.GetTotalAllocatedBytes(precise: true);
        _cpu = ProcessCpu();
        _started = Stopwatch.GetTimestamp();
    }

    /// <summary>Begins a stretch.</summary>
    /// <param name="databaseCpu">The CPU seconds that the database has used so far.</param>
    public static UsageMeter Start(Func<double?> databaseCpu) => new(databaseCpu);

    /// <summary>Ends the stretch.</summary>
    public Usage Stop()
    {
        var seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        return new Usage(
            seconds,
            ProcessCpu() - _cpu,
            _databaseCpu() - _database,
            GC.GetTotalAllocatedBytes(precise: true) - _allocated,
            PeakMegabytes(),
            GarbageCollections.SoFar().Since(_collections));
    }

    private static double ProcessCpu()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime.TotalSeconds;
    }

    // Writing 5 sets the peak (VmHWM) back to what is resident now.
    private static void ResetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    private static double PeakMegabytes()
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
