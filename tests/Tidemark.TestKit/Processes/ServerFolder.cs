using System.Globalization;

namespace Tidemark.TestKit.Processes;

/// <summary>
/// A server's throw-away folder. As root it belongs to <c>nobody</c>, so it lies where <c>nobody</c> can reach it. Its name holds
/// the test process's id, so that a later run can remove what a process tree killed at once has left.
/// </summary>
internal static class ServerFolder
{
    private const string Prefix = "tidemark-";
    private static readonly TimeSpan RemoveMax = TimeSpan.FromSeconds(10);

    public static string Create(string kind)
    {
        string root = Root();
        RemoveLeftovers(root, kind);
        string unique = Guid.NewGuid().ToString("N")[..8];
        string folder = Path.Combine(root, $"{Prefix}{kind}-{Environment.ProcessId}-{unique}");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (Posix.IsRoot)
            Posix.GiveToNobody(folder);
        return folder;
    }

    public static void Write(string path, string text)
    {
        File.WriteAllText(path, text);
        if (Posix.IsRoot)
            Posix.GiveToNobody(path);
    }

    /// <summary>Removes a folder as soon as nobody writes to it: a server's last child may outlive the server for a moment.</summary>
    /// <exception cref="TimeoutException">It cannot be removed; the message says why.</exception>
    public static Task RemoveAsync(string folder)
    {
        Exception? refused = null;
        return Eventually.TrueAsync(
            () => TryRemove(folder, out refused), () => $"'{folder}' can be removed ({refused?.Message})", RemoveMax);
    }

    private static string Root()
    {
        string[] candidates = [Path.GetTempPath(), "/tmp", "/var/tmp"];
        return candidates.FirstOrDefault(folder => Directory.Exists(folder) && (!Posix.IsRoot || OthersMayEnter(folder)))
            ?? throw new TestKitException("No temporary folder that 'nobody' can enter. Point TMPDIR at one (mode 1777).");
    }

    private static bool OthersMayEnter(string folder)
    {
        for (var place = new DirectoryInfo(folder); place is not null; place = place.Parent)
        {
            if (!File.GetUnixFileMode(place.FullName).HasFlag(UnixFileMode.OtherExecute))
                return false;
        }

        return true;
    }

    private static void RemoveLeftovers(string root, string kind)
    {
        foreach (string folder in Directory.EnumerateDirectories(root, $"{Prefix}{kind}-*"))
        {
            string owner = Path.GetFileName(folder).Split('-')[2];
            if (!int.TryParse(owner, CultureInfo.InvariantCulture, out int processId) || Posix.IsAlive(processId) || IsServing(folder))
                continue;

            // It may stay: it is another user's, or another test process is removing it right now.
            TryRemove(folder, out _);
        }
    }

    private static bool TryRemove(string folder, out Exception? refused)
    {
        refused = null;
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            refused = error;
            return false;
        }
    }

    private static bool IsServing(string folder)
    {
        string pidFile = Path.Combine(folder, "data", "postmaster.pid");
        try
        {
            return File.Exists(pidFile)
                && int.TryParse(File.ReadLines(pidFile).First(), CultureInfo.InvariantCulture, out int server)
                && Posix.IsAlive(server);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return true;
        }
    }
}
