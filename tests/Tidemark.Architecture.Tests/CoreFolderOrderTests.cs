using System.Reflection;
using Tidemark.Architecture.Tests.Code;

namespace Tidemark.Architecture.Tests;

public sealed class CoreFolderOrderTests
{
    private const string Root = "(root)";

    /// <summary>
    /// The folders of src/Tidemark in the order in which data moves. A folder may use those above it, never those below, so that each
    /// stage can be read, tested and replaced knowing only what comes before it. A new folder gets its place here, with a reason.
    /// </summary>
    private static readonly string[] DataPath =
    [
        "Telemetry",   // names of meters and attributes; knows nothing of the rest
        "Resilience",  // retry pipelines that every later stage runs its calls in
        "Events",
        "Log",
        "HighWater",
        "Pulling",
        "Leases",      // who may run what; ShardName, the unit of ownership, lives here
        "Checkpoints",
        "Shards",
        "Placement",
        "Projections",
        "Delivery",
        "Control",
        "Tenancy",
        "Storage",     // bundles the ports that the stages above define
        Root,          // the root: the entry points that an application calls
        "Hosting",     // puts everything together
    ];

    private static readonly Assembly Core = Assembly.Load("Tidemark");

    private static readonly string[] Drivers = ["Npgsql", "Microsoft.Data.", "SQLitePCLRaw", "System.Data.SQLite", "MySql", "Dapper"];
    private static readonly string[] Web = ["Microsoft.AspNetCore", "System.Net.WebSockets.Client", "System.Net.HttpListener"];

    [Fact]
    public void Core_folder_uses_only_folders_above_it()
    {
        var findings =
            from type in Core.GetTypes()
            where Folder(type) is not null
            from used in TypeUses.Of(type)
            where used.Assembly == Core && Folder(used) is not null
            where Rank(used) > Rank(type)
            select $"{Outermost(type).FullName} uses {Outermost(used).FullName}";

        Repository.ShouldHaveNone(findings, $"A folder may use those before it in: {string.Join(", ", DataPath)}");
    }

    [Fact]
    public void Core_folder_has_a_place_in_the_order()
    {
        var folders = Directory.EnumerateDirectories(Repository.PathOf("src", "Tidemark"))
            .Where(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Any())
            .Select(folder => Path.GetFileName(folder))
            .Where(name => name is not ("bin" or "obj"));
        var namespaces = Core.GetTypes().Select(Folder).OfType<string>();

        Repository.ShouldHaveNone(
            folders.Concat(namespaces).Where(name => !DataPath.Contains(name)),
            "A new folder of the core needs a place in the order at the top of this test");
    }

    [Fact]
    public void Scan_sees_what_bodies_of_methods_use()
    {
        TypeUses.Of(typeof(Witness)).ShouldContain(typeof(OnlyInABody));
    }

    [Fact]
    public void Core_references_no_database_driver_and_no_web_assembly()
    {
        string[] banned = [.. Drivers, .. Web];
        var findings = Core.GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => banned.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)));

        Repository.ShouldHaveNone(findings, "src/Tidemark references no database driver and no web assembly");
    }

    /// <summary>The folder below the core's root; null for what the compiler makes outside any namespace.</summary>
    private static string? Folder(Type type)
    {
        string? space = Outermost(type).Namespace;
        if (space == "Tidemark")
            return Root;
        return space?.StartsWith("Tidemark.", StringComparison.Ordinal) == true ? space.Split('.')[1] : null;
    }

    /// <summary>An unknown folder counts as the very front, which may use nothing.</summary>
    private static int Rank(Type type) => Array.IndexOf(DataPath, Folder(type));

    private static Type Outermost(Type type) => type.DeclaringType is null ? type : Outermost(type.DeclaringType);

    private static class OnlyInABody
    {
        public static string Call() => nameof(Call);
    }

    private static class Witness
    {
        public static string Use() => OnlyInABody.Call();
    }
}
