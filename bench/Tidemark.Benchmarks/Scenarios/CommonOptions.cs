using System.CommandLine;
using Tidemark.Benchmarks.Stores;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>Options that several scenarios share.</summary>
internal static class CommonOptions
{
    public static Option<string> Store()
    {
        var option = new Option<string>("--store") { Description = "Where the events are.",
            DefaultValueFactory = _ => BenchStores.Postgres };
        return option.AcceptOnlyFromAmong(BenchStores.Postgres, BenchStores.Sqlite);
    }

    public static Option<string?> Postgres() => new("--postgres")
    {
        Description = "Connection string of a PostgreSQL server to use; without it a throw-away one with default settings is started.",
    };

    public static Option<int> Number(string name, int value, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    public static Option<T> Choice<T>(string name, T value, string description)
        where T : struct, Enum => new(name) { Description = description, DefaultValueFactory = _ => value };
}
