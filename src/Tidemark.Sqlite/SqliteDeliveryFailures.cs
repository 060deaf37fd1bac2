using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite;

/// <summary>The failures that shards of subscriptions stand at, in an SQLite file.</summary>
internal sealed class SqliteDeliveryFailures(SqliteDatabase file) : IDeliveryFailureStore
{
    /// <inheritdoc />
    public async ValueTask<DeliveryFailure?> FindAsync(ShardName shard, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shard);
        return await ReadAsync(shard.ToString(), cancellationToken).ConfigureAwait(false) is [var failure] ? failure : null;
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<DeliveryFailure>> ReadAllAsync(CancellationToken cancellationToken) =>
        ReadAsync(null, cancellationToken);

    /// <inheritdoc />
    public async ValueTask SaveAsync(DeliveryFailure failure, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(failure);
        await file.WriteIdempotentlyAsync(
            session =>
            {
                session.Prepare(SqlText.SaveDeliveryFailure)
                    .Bind(1, failure.Shard.ToString()).Bind(2, failure.Position.Value).Bind(3, failure.Attempts)
                    .Bind(4, Microseconds.Of(failure.FirstFailedAt)).Bind(5, Microseconds.Of(failure.LastFailedAt))
                    .Bind(6, failure.Reason).Bind(7, failure.IsFaulted ? 1 : 0).Run();
                return (true, true);
            },
            create: false,
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask ClearAsync(IReadOnlyList<ShardName> shards, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shards);
        await file.WriteIdempotentlyAsync(
            session =>
            {
                foreach (var shard in shards)
                    session.Prepare(SqlText.ClearDeliveryFailure).Bind(1, shard.ToString()).Run();
                return (true, true);
            },
            create: false,
            cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<IReadOnlyList<DeliveryFailure>> ReadAsync(string? shard, CancellationToken cancellationToken) =>
        file.ReadAsync<IReadOnlyList<DeliveryFailure>>(
            session =>
            {
                var failures = new List<DeliveryFailure>();
                using var rows = session.Prepare(SqlText.ReadDeliveryFailures).Bind(1, shard);
                while (rows.Step())
                {
                    failures.Add(new DeliveryFailure(
                        ShardName.Parse(rows.Text(0)), new Position(rows.Int64(1)), (int)rows.Int64(2),
                        Microseconds.ToMoment(rows.Int64(3)), Microseconds.ToMoment(rows.Int64(4)), rows.Text(5), rows.Int64(6) == 1));
                }

                return failures;
            },
            cancellationToken);
}
