using Microsoft.Data.Sqlite;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite.Log;

/// <summary>
/// Appends inside one transaction that holds the write lock, so that what it reads of the log stays true. Positions are counted on from the
/// last committed one: they are dense, and an append that is refused draws none.
/// </summary>
internal sealed class Appender
{
    private readonly Statement _findStream;
    private readonly Statement _insertStream;
    private readonly Statement _findEvent;
    private readonly Statement _insertEvent;
    private readonly long _recordedAt;
    private long _last;

    /// <summary>Begins where the log ends.</summary>
    public Appender(SqliteSession session, DateTimeOffset recordedAt)
    {
        _findStream = session.Prepare(SqlText.FindStream);
        _insertStream = session.Prepare(SqlText.InsertStream);
        _findEvent = session.Prepare(SqlText.FindEventPlace);
        _insertEvent = session.Prepare(SqlText.InsertEvent);
        _recordedAt = Microseconds.Of(recordedAt);
        using var last = session.Prepare(SqlText.ReadHighWater);
        _last = last.Step() ? last.Int64(0) : 0;
    }

    private readonly record struct Stream(long Key, StreamVersion Version, bool IsArchived);

    private readonly record struct Place(long Position, long StreamKey, long Version);

    /// <summary>Appends to one stream, unless the answer is another one. A refused append writes nothing.</summary>
    public AppendOutcome Append(StreamAppend append)
    {
        var stream = Find(append);
        return AppendExactly(append, stream) ?? Refuse(append, stream) ?? Insert(append, stream);
    }

    /// <summary>Says what would become of an append, without writing; null when it would be stored.</summary>
    /// <param name="append">The append.</param>
    /// <param name="version">The stream's version.</param>
    public AppendOutcome? Check(StreamAppend append, out StreamVersion version)
    {
        var stream = Find(append);
        version = stream.Version;
        return Refuse(append, stream);
    }

    private Stream Find(StreamAppend append)
    {
        using var row = _findStream.Bind(1, append.Tenant.Value).Bind(2, append.Stream.Value);
        return row.Step() ? new(row.Int64(0), new(row.Int64(1)), row.Int64(2) != 0) : default;
    }

    // One event at an exact version, as most appends are: while that is met, a repeated append is out of the question, and the index on the
    // ids says whether another event has the id. Null when it is not met, or the id is taken; nothing was changed then.
    private AppendOutcome? AppendExactly(StreamAppend append, Stream stream)
    {
        if (append.Events.Length > 1 || append.Expected.Value <= 0 || append.Expected.Value != stream.Version.Value || stream.IsArchived)
            return null;
        try
        {
            return Insert(append, stream);
        }
        catch (SqliteException e) when (SqliteErrors.IsNotUnique(e))
        {
            _last--;
            return null;
        }
    }

    // Ids come first: a repeated append gets its first answer, even when the stream has moved on or was archived since.
    private AppendOutcome? Refuse(StreamAppend append, Stream stream)
    {
        var repeated = Repeat(append, stream);
        if (repeated is not null)
            return repeated;
        if (stream.IsArchived)
            return new AppendOutcome(AppendStatus.Archived, stream.Version, default, default);
        if (!append.Expected.IsMetBy(stream.Version))
            return new AppendOutcome(AppendStatus.Conflict, stream.Version, default, default);
        return null;
    }

    private AppendOutcome? Repeat(StreamAppend append, Stream stream)
    {
        var conflict = new AppendOutcome(AppendStatus.IdConflict, stream.Version, default, default);
        var events = append.Events;
        var first = Find(events[0].Id);
        var previous = first;
        for (var i = 1; i < events.Length; i++)
        {
            var place = Find(events[i].Id);
            if (!Follows(previous, place))
                return conflict;
            previous = place;
        }

        if (first is null)
            return HasDuplicates(events) ? conflict : null;
        var last = previous!.Value;
        return first.Value.StreamKey == stream.Key && stream.Version.Value > 0
            ? new AppendOutcome(AppendStatus.AlreadyAppended, new(last.Version), new(first.Value.Position), new(last.Position))
            : conflict;
    }

    // Either no id is stored, or the events stand one after the other in one stream.
    private static bool Follows(Place? previous, Place? next) => (previous, next) switch
    {
        (null, null) => true,
        ({ } p, { } n) => n.StreamKey == p.StreamKey && n.Version == p.Version + 1,
        _ => false,
    };

    private Place? Find(Guid id)
    {
        using var row = _findEvent.Bind(1, id);
        return row.Step() ? new Place(row.Int64(0), row.Int64(1), row.Int64(2)) : null;
    }

    private static bool HasDuplicates(EncodedEvent[] events)
    {
        if (events.Length == 1)
            return false;
        var ids = new HashSet<Guid>(events.Length);
        return !Array.TrueForAll(events, e => ids.Add(e.Id));
    }

    private AppendOutcome Insert(StreamAppend append, Stream stream)
    {
        var (first, version) = (_last + 1, stream.Version.Value);
        var key = version == 0 ? first : stream.Key;
        BindStream(append, key);
        foreach (var e in append.Events)
            InsertEvent(e, ++_last, ++version);

        if (key == first)
            _insertStream.Bind(1, append.Tenant.Value).Bind(2, append.Stream.Value).Bind(3, key).Run();
        return new(AppendStatus.Appended, new(version), new(first), new(_last));
    }

    private void InsertEvent(in EncodedEvent e, long position, long version)
    {
        _insertEvent.Bind(1, position).Bind(3, version).Bind(6, e.Id).Bind(7, e.TypeName).BindUtf8(11, e.Json);
        if (e.MetadataJson is null)
            _insertEvent.BindNull(10).Run();
        else
            _insertEvent.BindUtf8(10, e.MetadataJson).Run();
    }

    // What all events of one append have in common; it stays bound between the runs.
    private void BindStream(StreamAppend append, long key) =>
        _insertEvent.Bind(2, key).Bind(4, append.Slot).Bind(5, _recordedAt).Bind(8, append.Tenant.Value).Bind(9, append.Stream.Value);
}
