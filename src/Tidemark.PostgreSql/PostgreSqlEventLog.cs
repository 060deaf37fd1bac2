using System.Data;
using System.Data.Common;
using Npgsql;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.PostgreSql;

/// <summary>The log on PostgreSQL. How appends keep their order and their exactness stands in Migrations/0002_append.sql.</summary>
internal sealed class PostgreSqlEventLog : IEventLog, IDisposable
{
    // Types and tenants have the same names in all databases of the process.
    private static readonly NameCache Names = new();

    private readonly ConnectionScope _scope;
    private readonly AppendCommand _append;
    private readonly PageReader _pages;

    // Whoever holds a transaction open still needs pages of the log: open ones never take more than half of the connections.
    private readonly SemaphoreSlim _transactions;
    private readonly string _streamForwards;
    private readonly string _streamBackwards;
    private readonly string _findStream;
    private readonly string _findEvent;
    private readonly string _findEventId;
    private readonly string _findPositionBefore;
    private readonly string _setArchived;
    private readonly string _hasSeveralTenants;

    public PostgreSqlEventLog(ConnectionScope scope, SqlTexts sql, int transactionsMax)
    {
        _transactions = new(transactionsMax);
        _scope = scope;
        _append = new(sql);
        _pages = new(sql, Names);
        _streamForwards = sql["read_stream_forwards"];
        _streamBackwards = sql["read_stream_backwards"];
        _findStream = sql["find_stream"];
        _findEvent = sql["find_event"];
        _findEventId = sql["find_event_id"];
        _findPositionBefore = sql["find_position_before"];
        _setArchived = sql["set_archived"];
        _hasSeveralTenants = sql["has_several_tenants"];
    }

    public void Dispose() => _transactions.Dispose();

    public ValueTask<AppendOutcome[]> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken) =>
        AppendAsync(appends, allOrNone: false, cancellationToken);

    public ValueTask<AppendOutcome[]> AppendAtomicallyAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken) =>
        AppendAsync(appends, allOrNone: true, cancellationToken);

    public async ValueTask<AppendOutcome[]> AppendAsync(
        IStoreTransaction transaction, IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken)
    {
        var own = PostgreSqlTransaction.Of(transaction);

        // The function takes back what it did when it refuses, so no savepoint is needed; ids are looked up first, so that one that is
        // taken is an answer and does not abort the application's transaction.
        return appends.Count switch
        {
            0 => [],
            1 when appends[0].Events.Length == 1 =>
                [await _append.OneAsync(own.Connection, own.Inner, appends[0], cancellationToken).ConfigureAwait(false)],
            _ => await _append.ManyAsync(own.Connection, own.Inner, appends, allOrNone: true, cancellationToken).ConfigureAwait(false),
        };
    }

    public async ValueTask<IStoreTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        await _transactions.WaitAsync(cancellationToken).ConfigureAwait(false);
        NpgsqlConnection? connection = null;
        try
        {
            connection = await _scope.OpenAsync(cancellationToken).ConfigureAwait(false);
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
            return new PostgreSqlTransaction(transaction, connection, Ended);
        }
        catch
        {
            if (connection is null)
                _transactions.Release();
            else
                await CloseAsync(connection).ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask CloseAsync(NpgsqlConnection connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            Ended();
        }
    }

    private void Ended()
    {
        _scope.Closed();
        _transactions.Release();
    }

    public IStoreTransaction Lend(DbTransaction transaction) =>
        transaction is NpgsqlTransaction lent
            ? new PostgreSqlTransaction(lent)
            : throw new ArgumentException(
                $"The transaction is a {transaction?.GetType().Name ?? "null"}; a PostgreSQL store takes a {nameof(NpgsqlTransaction)}.",
                nameof(transaction));

    public ValueTask<LogPage> ReadAsync(LogRead read, CancellationToken cancellationToken) =>
        _scope.ReadAsync(
            static (connection, call, token) => call.Pages.ReadAsync(connection, call.Read, token),
            (Pages: _pages, Read: read),
            cancellationToken);

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamRead read, CancellationToken cancellationToken) =>
        _scope.ReadAsync(
            (connection, wanted, token) => ReadStreamAsync(new NpgsqlCommand(StreamSql(wanted), connection), wanted, token),
            read,
            cancellationToken);

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(
        IStoreTransaction transaction, StreamRead read, CancellationToken cancellationToken)
    {
        var own = PostgreSqlTransaction.Of(transaction);
        return ReadStreamAsync(new NpgsqlCommand(StreamSql(read), own.Connection, own.Inner), read, cancellationToken);
    }

    public ValueTask<StreamState?> FindStreamAsync(TenantId tenant, StreamId stream, CancellationToken cancellationToken) =>
        _scope.ReadAsync(
            async (connection, key, token) =>
            {
                var command = new NpgsqlCommand(_findStream, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(key.Tenant.Value).With(key.Stream.Value);
                    var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        return await reader.ReadAsync(token).ConfigureAwait(false)
                            ? new StreamState(key.Tenant, key.Stream, new(reader.GetInt64(0)), reader.GetBoolean(1))
                            : null;
                    }
                }
            },
            (Tenant: tenant, Stream: stream),
            cancellationToken);

    public async ValueTask<RecordedEvent?> FindEventAsync(Guid id, CancellationToken cancellationToken)
    {
        var found = await _scope.ReadAsync(
            async (connection, wanted, token) =>
            {
                var command = new NpgsqlCommand(_findEvent, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(wanted);
                    return await ReadEventsAsync(command, token).ConfigureAwait(false);
                }
            },
            id,
            cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    public ValueTask<Guid?> FindEventIdAsync(Position position, CancellationToken cancellationToken) =>
        _scope.ReadAsync(
            async (connection, wanted, token) =>
            {
                var command = new NpgsqlCommand(_findEventId, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(wanted.Value);
                    return await command.ExecuteScalarAsync(token).ConfigureAwait(false) as Guid?;
                }
            },
            position,
            cancellationToken);

    public ValueTask<bool> HasSeveralTenantsAsync(CancellationToken cancellationToken) =>
        _scope.ReadAsync(
            static async (connection, sql, token) =>
            {
                var command = new NpgsqlCommand(sql, connection);
                await using (command.ConfigureAwait(false))
                    return await command.ExecuteScalarAsync(token).ConfigureAwait(false) is true;
            },
            _hasSeveralTenants,
            cancellationToken);

    public ValueTask<Position> FindPositionBeforeAsync(DateTimeOffset moment, Position through, CancellationToken cancellationToken) =>
        _scope.ReadAsync(
            async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(_findPositionBefore, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(call.Moment).With(call.Through.Value);
                    return new Position((long)(await command.ExecuteScalarAsync(token).ConfigureAwait(false))!);
                }
            },
            (Moment: moment.ToUniversalTime(), Through: through),
            cancellationToken);

    public ValueTask<bool> SetArchivedAsync(TenantId tenant, StreamId stream, bool archived, CancellationToken cancellationToken) =>
        _scope.ReadAsync(
            async (connection, call, token) =>
            {
                var command = new NpgsqlCommand(_setArchived, connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.With(call.Tenant.Value).With(call.Stream.Value).With(call.Archived);
                    return (bool)(await command.ExecuteScalarAsync(token).ConfigureAwait(false))!;
                }
            },
            (Tenant: tenant, Stream: stream, Archived: archived),
            cancellationToken);

    private async ValueTask<AppendOutcome[]> AppendAsync(
        IReadOnlyList<StreamAppend> appends, bool allOrNone, CancellationToken cancellationToken)
    {
        if (appends.Count == 0)
            return [];
        try
        {
            return await _scope.WriteAsync(
                static async (connection, call, token) => call.Appends.Count == 1 && call.Appends[0].Events.Length == 1
                    ? [await call.Append.OneAsync(connection, null, call.Appends[0], token).ConfigureAwait(false)]
                    : await call.Append.ManyAsync(connection, null, call.Appends, call.AllOrNone, token).ConfigureAwait(false),
                (Append: _append, Appends: appends, AllOrNone: allOrNone),
                cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (appends.Count == 1 && PostgreSqlErrors.IsEventIdTaken(e))
        {
            // The expectation was met, and yet an id is in the log: it is another event's. With several appends nobody knows whose it was,
            // so that throws.
            var state = await FindStreamAsync(appends[0].Tenant, appends[0].Stream, cancellationToken).ConfigureAwait(false);
            return [new(AppendStatus.IdConflict, state?.Version ?? StreamVersion.None, default, default)];
        }
    }

    private string StreamSql(in StreamRead read) => read.Backwards ? _streamBackwards : _streamForwards;

    private static async ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(
        NpgsqlCommand command, StreamRead read, CancellationToken cancellationToken)
    {
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.With(read.Tenant.Value).With(read.Stream.Value)
                .With(read.From.Value).With(read.To.Value).With(read.EventsMax);
            return await ReadEventsAsync(command, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask<List<RecordedEvent>> ReadEventsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var events = new List<RecordedEvent>();
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var rowReader = new EventReader(reader, Names);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                events.Add(rowReader.Read(out _));
        }

        return events;
    }
}
