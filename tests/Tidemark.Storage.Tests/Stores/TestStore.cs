using System.Data.Common;
using Microsoft.Extensions.Logging.Abstractions;
using Tidemark.Projections;
using Tidemark.Resilience;

namespace Tidemark.Storage.Tests.Stores;

/// <summary>One event database for one test, with what the suite needs beside the ports.</summary>
public abstract class TestStore : IAsyncDisposable
{
    /// <summary>The storage under test, its schema applied.</summary>
    public abstract IEventDatabaseStorage Storage { get; }

    /// <summary>Whether one writer can finish while another one's transaction is open.</summary>
    public abstract bool WritersRunSideBySide { get; }

    /// <summary>Another storage on the same database, as another process would open it. The test disposes it.</summary>
    public abstract IEventDatabaseStorage OpenAgain();

    /// <summary>A connection of the application's own to the same database, open. The test disposes it.</summary>
    public abstract Task<DbConnection> ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Reads the live generation of a flat table past the port: values by column, by key.</summary>
    public abstract Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, object?>>> ReadRowsAsync(
        FlatTableSchema schema, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    /// <summary>What every storage of the suite is made with.</summary>
    public static StorageContext NewContext() => new("main", TimeProvider.System, new PipelineOptions(), NullLoggerFactory.Instance);
}
