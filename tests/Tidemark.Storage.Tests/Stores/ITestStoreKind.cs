namespace Tidemark.Storage.Tests.Stores;

/// <summary>
/// Makes test stores of one kind. The suite's classes are generic over it, so that a store's tests are one line per class.
/// </summary>
public interface ITestStoreKind
{
    /// <summary>An empty event database of its own, its schema applied.</summary>
    static abstract Task<TestStore> CreateAsync(CancellationToken cancellationToken);
}
