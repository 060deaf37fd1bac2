using Npgsql;
using Tidemark.Events;

namespace Tidemark.PostgreSql;

/// <summary>
/// Reads events from rows whose columns are: position, version, event_id, recorded_at, slot, type, tenant, stream, data, metadata. Per row
/// it makes the event, its data and its stream's name, no more.
/// </summary>
internal readonly struct EventReader(NpgsqlDataReader reader, NameCache names)
{
    private readonly byte[] _buffer = new byte[NameCache.BufferBytes];

    /// <summary>The event of the current row, and what it weighs, in bytes of data and metadata.</summary>
    public RecordedEvent Read(out int bytes)
    {
        var position = new Position(reader.GetInt64(0));
        var version = new StreamVersion(reader.GetInt64(1));
        var id = reader.GetGuid(2);
        var recordedAt = new DateTimeOffset(reader.GetDateTime(3));
        var slot = reader.GetInt16(4);
        var type = names.Read(reader, 5, _buffer);
        var tenant = TenantId.Trusted(names.Read(reader, 6, _buffer));
        var stream = StreamId.Trusted(reader.GetString(7));
        var data = reader.GetFieldValue<byte[]>(8);
        var metadata = reader.IsDBNull(9) ? null : reader.GetFieldValue<byte[]>(9);
        bytes = data.Length + (metadata?.Length ?? 0);
        return new(position, tenant, stream, version, id, type, data, metadata, recordedAt, slot);
    }
}
