namespace Tidemark.Storage;

/// <summary>
/// Port: the schema of an event database. Migrations are numbered, checksummed, and applied once each, in order, under a lock.
/// </summary>
public interface ISchema
{
    /// <summary>Compares the database with the migrations this version of the library has.</summary>
    ValueTask<SchemaStatus> CheckAsync(CancellationToken cancellationToken);

    /// <summary>Applies what is missing. Safe when several processes do it at once.</summary>
    /// <exception cref="SchemaException">
    /// A migration that was applied has another checksum, or the database is newer than this library.
    /// </exception>
    ValueTask ApplyAsync(CancellationToken cancellationToken);

    /// <summary>The SQL that <see cref="ApplyAsync"/> would run on an empty database.</summary>
    string Script();
}
