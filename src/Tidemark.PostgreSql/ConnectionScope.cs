using Npgsql;
using Polly;

namespace Tidemark.PostgreSql;

/// <summary>
/// The only way to a connection: opened late, closed in any case, never more than the budget (the pool's size). Reads and other idempotent
/// calls are repeated by the database pipeline; writes are not, as after a lost answer nobody knows whether they took effect.
/// </summary>
/// <param name="dataSource">The pool.</param>
/// <param name="pipeline">Repeats idempotent calls.</param>
/// <param name="share">The part in the budget that many databases share; null when this one has a budget of its own.</param>
internal sealed class ConnectionScope(NpgsqlDataSource dataSource, ResiliencePipeline pipeline, PoolShare? share = null)
{
    /// <summary>Runs an idempotent call.</summary>
    public ValueTask<T> ReadAsync<TState, T>(
        Func<NpgsqlConnection, TState, CancellationToken, ValueTask<T>> work, TState state, CancellationToken cancellationToken) =>
        pipeline.ExecuteAsync(
            static async (call, token) => await call.Scope.WriteAsync(call.Work, call.State, token).ConfigureAwait(false),
            (Scope: this, Work: work, State: state),
            cancellationToken);

    /// <summary>Runs a call once.</summary>
    public async ValueTask<T> WriteAsync<TState, T>(
        Func<NpgsqlConnection, TState, CancellationToken, ValueTask<T>> work, TState state, CancellationToken cancellationToken)
    {
        if (share is not null)
            await share.RentAsync(holds: false, cancellationToken).ConfigureAwait(false);
        try
        {
            var connection = await dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await work(connection, state, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            share?.Return(held: false);
        }
    }

    /// <summary>
    /// Opens a connection for a transaction that is handed out. Who gets it closes it, and then calls <see cref="Closed"/>, once.
    /// </summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (share is not null)
            await share.RentAsync(holds: true, cancellationToken).ConfigureAwait(false);
        try
        {
            return await dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Closed();
            throw;
        }
    }

    /// <summary>A connection of <see cref="OpenAsync"/> was closed.</summary>
    public void Closed() => share?.Return(held: true);
}
