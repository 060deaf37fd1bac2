using System.Data.Common;

namespace Tidemark.Log;

/// <summary>A transaction of an event database: the store's own, or one that the application began and lends.</summary>
public interface IStoreTransaction : IAsyncDisposable
{
    /// <summary>The ADO.NET transaction; null for a store that has none (in memory).</summary>
    DbTransaction? Transaction { get; }

    /// <summary>
    /// Commits the store's own transaction. Refused for a lent one: its owner commits it. Disposing without this rolls back.
    /// </summary>
    /// <exception cref="InvalidOperationException">The transaction is lent.</exception>
    ValueTask CommitAsync(CancellationToken cancellationToken);
}
