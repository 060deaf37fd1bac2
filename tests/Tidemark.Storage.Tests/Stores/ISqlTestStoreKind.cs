namespace Tidemark.Storage.Tests.Stores;

/// <summary>A kind of store that has a schema to apply and SQL to tamper with it.</summary>
public interface ISqlTestStoreKind : ITestStoreKind
{
    /// <summary>An empty event database of its own, its schema not applied.</summary>
    static abstract Task<TestStore> CreateEmptyAsync(CancellationToken cancellationToken);

    /// <summary>SQL that spoils the schema of a store.</summary>
    static abstract SchemaTampering Tampering(TestStore store);
}
