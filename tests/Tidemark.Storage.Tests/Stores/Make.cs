using System.Text;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Storage.Tests.Stores;

/// <summary>Makes what ports take.</summary>
public static class Make
{
    public static EncodedEvent Event(string type = "happened", string json = """{"n":1}""", string? metadata = null, Guid? id = null) =>
        new(id ?? Guid.CreateVersion7(), type, Encoding.UTF8.GetBytes(json), metadata is null ? null : Encoding.UTF8.GetBytes(metadata));

    public static EncodedEvent[] Events(int count, string type = "happened") =>
        [.. Enumerable.Range(1, count).Select(n => Event(type, $$"""{"n":{{n}}}"""))];

    public static StreamAppend Append(string stream, ExpectedVersion expected, EncodedEvent[] events, string tenant = "") =>
        new(tenant, stream, Slot.Of(tenant, stream), expected, events);

    public static StreamAppend Append(string stream, ExpectedVersion expected, int count = 1) => Append(stream, expected, Events(count));

    /// <summary>1 to a count.</summary>
    public static IEnumerable<long> Versions(int count) => Enumerable.Range(1, count).Select(v => (long)v);

    /// <summary>An expectation by its name, for theories.</summary>
    public static ExpectedVersion Expected(string name) => name switch
    {
        "any" => ExpectedVersion.Any,
        "none" => ExpectedVersion.NoStream,
        "exists" => ExpectedVersion.StreamExists,
        _ => ExpectedVersion.Exactly(long.Parse(name)),
    };
}
