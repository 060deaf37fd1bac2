using Tidemark.Events;
using Tidemark.HighWater;

namespace Tidemark.Sqlite;

/// <summary>
/// The mark of an SQLite file: the last committed position. There is one writer at a time, and it draws positions under the write lock, so
/// nothing can appear below. The counter of positions is read, not the greatest position, because it does not fall when events are deleted
/// by hand.
/// </summary>
internal sealed class SqliteHighWater(SqliteDatabase database) : IHighWaterSource
{
    /// <inheritdoc />
    public async ValueTask<HighWaterReading> ReadAsync(Position known, CancellationToken cancellationToken)
    {
        var last = new Position(await database.ReadAsync(SqliteEventLog.LastPosition, cancellationToken).ConfigureAwait(false));
        return new HighWaterReading(last, last);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<HighWaterBlocker>> ReadBlockersAsync(CancellationToken cancellationToken) => new([]);
}
