using System.Globalization;

namespace Tidemark.Benchmarks.Measuring;

/// <summary>CPU time of a process with its children, the ended ones included.</summary>
internal static class ProcessTree
{
    private const double TicksPerSecond = 100;

    /// <summary>CPU seconds of a process, its living children, and those of its children that ended.</summary>
    public static double CpuSeconds(int processId)
    {
        var own = Stat(processId) ?? throw new InvalidOperationException($"There is no process {processId} to measure.");
        var ticks = own.Self + own.EndedChildren;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && Stat(id) is { } child
                && child.Parent == processId)
                ticks += child.Self;
        }

        return ticks / TicksPerSecond;
    }

    private static (int Parent, long Self, long EndedChildren)? Stat(int processId)
    {
        string text;
        try
        {
            text = File.ReadAllText($"/proc/{processId}/stat");
        }
        catch (IOException)
        {
            return null; // It ended between the listing and now.
        }

        // The name in brackets may hold spaces; the fields after it do not. They are counted from the state, field 3.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (int.Parse(fields[1], CultureInfo.InvariantCulture), Sum(fields[11], fields[12]), Sum(fields[13], fields[14]));
    }

    private static long Sum(string a, string b) =>
        long.Parse(a, CultureInfo.InvariantCulture) + long.Parse(b, CultureInfo.InvariantCulture);
}
