using Tidemark.Storage;

namespace Tidemark.Testing.InMemory;

/// <summary>Memory has no schema: it is always current.</summary>
internal sealed class InMemorySchema : ISchema
{
    public ValueTask<SchemaStatus> CheckAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new SchemaStatus([], []));

    public ValueTask ApplyAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public string Script() => "";
}
