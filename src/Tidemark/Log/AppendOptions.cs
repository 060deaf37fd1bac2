using System.Data.Common;
using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>Options of one append.</summary>
public sealed record AppendOptions
{
    /// <summary>Metadata for those events that bring none of their own.</summary>
    public EventMetadata? Metadata { get; init; }

    /// <summary>
    /// A transaction of the application on the same database (<c>NpgsqlTransaction</c>, <c>SqliteTransaction</c>): the events commit
    /// together with its own writes.
    /// Append last and commit at once: readers wait for an open append, other appends do not.
    /// </summary>
    public DbTransaction? Transaction { get; init; }
}
