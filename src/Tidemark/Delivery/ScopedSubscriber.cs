using Microsoft.Extensions.DependencyInjection;

namespace Tidemark.Delivery;

/// <summary>Calls a subscriber that the application's services make, in a scope for each call.</summary>
internal static class ScopedSubscriber
{
    /// <exception cref="ArgumentException">The class is no subscriber, or of two kinds.</exception>
    public static void Check(Type type)
    {
        var handles = typeof(ISubscriber).IsAssignableFrom(type);
        if (handles == typeof(ITransactionalSubscriber).IsAssignableFrom(type))
        {
            throw new ArgumentException(
                $"{type.Name} is {(handles ? "both" : "neither")} {nameof(ISubscriber)} {(handles ? "and" : "nor")} " +
                $"{nameof(ITransactionalSubscriber)}; implement one of them.");
        }
    }

    /// <summary>The consumer that a class is, which <see cref="Check"/> allowed.</summary>
    public static InProcessConsumer Make<TSubscriber>(IServiceScopeFactory scopes)
        where TSubscriber : class
    {
        var type = typeof(TSubscriber);
        if (typeof(ITransactionalSubscriber).IsAssignableFrom(type))
        {
            return new InProcessConsumer
            {
                WriteAsync = (batch, transaction, ct) => CallAsync<TSubscriber, DeliveryOutcome>(
                    scopes, s => ((ITransactionalSubscriber)s).HandleAsync(batch, transaction, ct)),
            };
        }

        return new InProcessConsumer
        {
            HandleAsync = (batch, ct) => CallAsync<TSubscriber, DeliveryOutcome>(scopes, s => ((ISubscriber)s).HandleAsync(batch, ct)),
            ReadTokenAsync = typeof(IOwnTokenSubscriber).IsAssignableFrom(type)
                ? (shard, ct) => CallAsync<TSubscriber, Checkpoints.HandshakeToken?>(
                    scopes, s => ((IOwnTokenSubscriber)s).ReadTokenAsync(shard, ct))
                : null,
        };
    }

    private static async ValueTask<T> CallAsync<TSubscriber, T>(IServiceScopeFactory scopes, Func<object, ValueTask<T>> call)
        where TSubscriber : class
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
            return await call(scope.ServiceProvider.GetRequiredService<TSubscriber>()).ConfigureAwait(false);
    }
}
