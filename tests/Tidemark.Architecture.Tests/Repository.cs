namespace Tidemark.Architecture.Tests;

/// <summary>The files of this repository, found from where the test runs.</summary>
internal static class Repository
{
    private static readonly string[] BuildFolders = ["bin", "obj", "node_modules"];

    public static string Root { get; } = FindRoot();

    /// <summary>The names of the packages: the folders of src that hold a project.</summary>
    public static IReadOnlyList<string> Packages { get; } =
    [
        .. Directory.EnumerateDirectories(PathOf("src"))
            .Select(folder => Path.GetFileName(folder)!)
            .Where(name => File.Exists(PathOf("src", name, name + ".csproj")))
            .Order(StringComparer.Ordinal),
    ];

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>A path as people write it: from the root, with slashes.</summary>
    public static string Display(string path) => Path.GetRelativePath(Root, path).Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>Files under these folders of the root, without what a build makes.</summary>
    public static IEnumerable<string> Files(string pattern, params string[] folders) => folders
        .Select(folder => PathOf(folder))
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories))
        .Where(path => !Display(path).Split('/').Any(part => BuildFolders.Contains(part)))
        .Order(StringComparer.Ordinal);

    /// <summary>Fails with one line per finding.</summary>
    public static void ShouldHaveNone(IEnumerable<string> findings, string rule)
    {
        string[] all = [.. findings.Distinct().Order(StringComparer.Ordinal)];
        if (all.Length > 0)
            Assert.Fail($"{rule} ({all.Length} finding(s)):\n  {string.Join("\n  ", all)}");
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tidemark.slnx")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above '{AppContext.BaseDirectory}' holds Tidemark.slnx.");
    }
}
