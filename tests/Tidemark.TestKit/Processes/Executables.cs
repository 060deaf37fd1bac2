namespace Tidemark.TestKit.Processes;

/// <summary>Finds programs on PATH and in the folders that an ordinary user's PATH leaves out.</summary>
internal static class Executables
{
    private static readonly string[] SystemFolders = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin", "/usr/local/bin"];

    public static string? Find(string name)
    {
        string[] onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return onPath.Concat(SystemFolders).Select(folder => Path.Combine(folder, name)).FirstOrDefault(path => File.Exists(Target(path)));
    }

    /// <summary>The file that a path leads to: a link may lead nowhere, and has other neighbours than its target.</summary>
    public static string Target(string path)
    {
        bool isLink = new FileInfo(path).LinkTarget is not null;
        return isLink ? File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName : path;
    }

    /// <summary>The <c>dotnet</c> host. A test that is its own executable cannot use its own path for this.</summary>
    public static string Dotnet()
    {
        string? host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH");
        if (host is not null && File.Exists(host))
            return host;

        string? root = Environment.GetEnvironmentVariable("DOTNET_ROOT");
        if (root is not null && File.Exists(Path.Combine(root, "dotnet")))
            return Path.Combine(root, "dotnet");

        return Find("dotnet") ?? throw new TestKitException("No dotnet host found. Put the .NET SDK on PATH or set DOTNET_ROOT.");
    }

    /// <summary>
    /// The words to put before a server's command line so that it does not run as root (PostgreSQL and pgbouncer refuse to).
    /// The guard is a single-threaded shell, so the parent-death signal is safe there; it covers a guard that is itself killed.
    /// </summary>
    public static IReadOnlyList<string> AsUnprivilegedUser(string deathSignal)
    {
        string? setpriv = Find("setpriv");
        if (!Posix.IsRoot)
            return setpriv is null ? [] : [setpriv, "--pdeathsig", deathSignal];

        if (setpriv is null)
            throw new TestKitException("setpriv (Debian package util-linux) is missing. As root it is needed to start servers as nobody.");

        string id = Posix.Nobody.ToString();
        return [setpriv, "--reuid", id, "--regid", id, "--clear-groups", "--pdeathsig", deathSignal];
    }
}
