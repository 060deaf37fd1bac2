using Npgsql;
using NpgsqlTypes;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.PostgreSql;

/// <summary>
/// Reads pages of the log. A page is bounded by events and by bytes, but SQL is bounded by rows only: so it is read in chunks of as many
/// rows as the bytes left should hold, by the average size of the events seen so far. Usually that is one chunk.
/// </summary>
internal sealed class PageReader(SqlTexts sql, NameCache names)
{
    /// <summary>
    /// How many positions a filtered page passes over at most, so that a rare type neither runs into a timeout nor leaves a shard without
    /// progress.
    /// </summary>
    private const long FilteredScanMax = 1_000_000;

    /// <summary>How many bytes of unwanted rows may be read to the end; beyond, the statement is cancelled.</summary>
    private const long DrainBytesMax = 4 << 20;

    private readonly string _walkIndex = sql["walk_index"];
    private readonly string _page = sql["read_page"];
    private readonly string _pageFiltered = sql["read_page_filtered"];
    private long _averageBytes = 512;

    public async ValueTask<LogPage> ReadAsync(NpgsqlConnection connection, LogRead read, CancellationToken cancellationToken)
    {
        var filtered = read.Filter is not { Types: null, Tenants: null, Slots: null, ExceptTenants: null };
        var through = filtered ? ScanBound(read) : read.Through;
        var events = new List<RecordedEvent>(Math.Clamp(read.EventsMax, 1, 1024));
        var after = read.After;
        var eventsMax = Math.Max(1, read.EventsMax);
        var bytesLeft = Math.Max(1L, read.BytesMax);
        while (true)
        {
            var rows = (int)Math.Min(eventsMax - events.Count, Math.Max(16, (bytesLeft * 5 / 4 / Volatile.Read(ref _averageBytes)) + 1));
            var batch = Batch(connection, read.Filter, filtered, after, through, rows);
            await using (batch.ConfigureAwait(false))
            {
                var (count, bytes) = await ReadChunkAsync(batch, rows, bytesLeft, events, cancellationToken).ConfigureAwait(false);
                bytesLeft -= bytes;
                if (events.Count >= eventsMax || (bytesLeft <= 0 && events.Count > 0))
                    return new(events, events[^1].Position);
                if (count < rows)
                    return new(events, through);
                after = events[^1].Position;
            }
        }
    }

    private async ValueTask<(int Count, long Bytes)> ReadChunkAsync(
        NpgsqlBatch batch, int rows, long bytesMax, List<RecordedEvent> events, CancellationToken cancellationToken)
    {
        var count = 0;
        long bytes = 0;
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            var rowReader = new EventReader(reader, names);
            while (bytes < bytesMax && await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                events.Add(rowReader.Read(out var size));
                bytes += size;
                count++;
            }

            if (count > 0)
                Learn(bytes / count);
            if (bytes >= bytesMax && (rows - count) * (bytes / count) > DrainBytesMax)
                batch.Cancel();
        }

        return (count, bytes);
    }

    // Races between readers lose an observation at worst.
    private void Learn(long bytesPerEvent)
    {
        var average = Volatile.Read(ref _averageBytes);
        Volatile.Write(ref _averageBytes, Math.Max(64, ((average * 3) + bytesPerEvent) / 4));
    }

    // Without a bound nobody could tell the end of the log from the end of the scan, so there the whole log is scanned.
    private static Position ScanBound(LogRead read) =>
        read.Through == Position.Max || read.Through.Value - read.After.Value <= FilteredScanMax
            ? read.Through
            : new(read.After.Value + FilteredScanMax);

    // The batch is one implicit transaction and one round trip; the setting ends with it.
    private NpgsqlBatch Batch(NpgsqlConnection connection, LogFilter filter, bool filtered, Position after, Position through, int rows)
    {
        var page = new NpgsqlBatchCommand(filtered ? _pageFiltered : _page);
        var parameters = page.Parameters.With(after.Value).With(through.Value).With(rows);
        if (filtered)
        {
            var slots = filter.Slots ?? SlotRange.All;
            parameters
                .WithNullable(filter.Types?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text)
                .WithNullable(filter.Tenants?.Select(t => t.Value).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text)
                .With(slots.First)
                .With(slots.Last)
                .WithNullable(filter.ExceptTenants?.Select(t => t.Value).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
        }

        var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(_walkIndex));
        batch.BatchCommands.Add(page);
        return batch;
    }
}
