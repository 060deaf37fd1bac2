using Npgsql;
using Polly;

namespace Tidemark.PostgreSql;

/// <summary>
/// The only way to a connection: opened late, closed in any case, never more than the budget (the pool's size). Reads and other idempotent
/// calls are repeated by the database pipeline; writes are not, as after a lost answer nobody knows whether they took effect.
/// </summary>
internal sealed class ConnectionScope(NpgsqlDataSource dataSource, ResiliencePipeline pipeline)
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
        var connection = await dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await work(connection, state, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Opens a connection that the caller closes; for transactions handed out.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => dataSource.OpenConnectionAsync(cancellationToken);
}
