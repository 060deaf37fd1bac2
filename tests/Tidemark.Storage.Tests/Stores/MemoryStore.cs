using System.Data.Common;
using Tidemark.Projections;
using Tidemark.Testing;

namespace Tidemark.Storage.Tests.Stores;

/// <summary>The store in memory.</summary>
public sealed class MemoryStore : TestStore, ITestStoreKind
{
    private readonly InMemoryStorage _storage = new(NewContext());

    public override IEventDatabaseStorage Storage => _storage;

    public override bool WritersRunSideBySide => false;

    public static Task<TestStore> CreateAsync(CancellationToken cancellationToken) => Task.FromResult<TestStore>(new MemoryStore());

    public override IEventDatabaseStorage OpenAgain() => _storage.OpenAgain(NewContext());

    public override Task<DbConnection> ConnectAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException("Memory has no connections.");

    public override Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, object?>>> ReadRowsAsync(
        FlatTableSchema schema, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, object?>>>(
            _storage.ReadRows(schema.Name).ToDictionary(r => r.Key, r => r.Values, StringComparer.Ordinal));

    public override ValueTask DisposeAsync() => _storage.DisposeAsync();
}
