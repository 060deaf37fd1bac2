using System.Globalization;

namespace Tidemark.TestKit.Processes;

/// <summary>
/// A server's throw-away folder. As root it belongs to <c>nobody</c>, so it lies where <c>nobody</c> can reach it. Its name holds
/// the test process's id, so that a later run can remove what a process tree killed at once has left.
/// </summary>
internal static class ServerFolder
{
    private const string Prefix = "tidemark-";

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

    public static void Remove(string folder)
    {
        // A server's last child may still be writing for a moment after the server itself is gone.
        for (int attempt = 1; Directory.Exists(folder); attempt++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException && attempt < 20)
            {
                Thread.Sleep(50);
            }
        }
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

            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Another user's, or another test process is removing it right now.
            }
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
