using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tidemark.Leases;

namespace Tidemark.Placement;

/// <summary>
/// Tells whether a node of this very host has ended, so that a process that is started again after a crash need not wait until its
/// predecessor's lease has run out. Where that cannot be told for sure, the answer is no.
/// </summary>
internal static class HostProcess
{
    private const int StartTimeField = 19;
    private static readonly TimeSpan StartTimeTolerance = TimeSpan.FromSeconds(2);

    /// <summary>Identifies the machine, its boot and, in containers, the space of process ids.</summary>
    public static string Host { get; } = MakeHost();

    /// <summary>When this process started, comparable only on the same host.</summary>
    public static DateTimeOffset StartedAt { get; } = Started(Environment.ProcessId, DateTimeOffset.UnixEpoch) ?? DateTimeOffset.UnixEpoch;

    /// <summary>Whether a node is a process of this host that has ended.</summary>
    public static bool HasEnded(Node node)
    {
        if (node.Host != Host || node.ProcessId == Environment.ProcessId)
            return false;
        return Started(node.ProcessId, node.ProcessStartedAt) is not { } started
            || (started - node.ProcessStartedAt).Duration() > StartTimeTolerance;
    }

    // Null when there is no such process.
    private static DateTimeOffset? Started(int processId, DateTimeOffset unknown)
    {
        try
        {
            return OperatingSystem.IsLinux() ? StartedByProc(processId) : StartedByProcess(processId);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or ArgumentException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException
            or System.ComponentModel.Win32Exception)
        {
            return unknown;
        }
    }

    private static DateTimeOffset? StartedByProcess(int processId)
    {
        using var process = Process.GetProcessById(processId);
        return process.HasExited ? null : new DateTimeOffset(process.StartTime);
    }

    // A process that was killed and not yet reaped still has its id; its state is Z. Ticks since the boot, 100 a second.
    private static DateTimeOffset? StartedByProc(int processId)
    {
        var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        if (fields[0] is "Z" or "X")
            return null;
        return DateTimeOffset.UnixEpoch.AddMilliseconds(10 * long.Parse(fields[StartTimeField], CultureInfo.InvariantCulture));
    }

    private static string MakeHost()
    {
        var text = Environment.MachineName + "\n" + Read("/proc/sys/kernel/random/boot_id") + "\n" + ProcessSpace();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
    }

    private static string Read(string file)
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadAllText(file) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string ProcessSpace()
    {
        try
        {
            return OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget ?? "" : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
