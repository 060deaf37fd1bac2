using Tidemark.Delivery;

namespace Tidemark.Testing.InMemory;

/// <summary>The keys of remote consumers in memory.</summary>
internal sealed class InMemoryDeliveryKeyStore(MemoryDatabase data, TimeProvider time) : IDeliveryKeyStore
{
    public ValueTask<DeliveryKeyRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var keys = data.Committed.DeliveryKeys;
        return ValueTask.FromResult(keys.Change == knownChange ? null : new DeliveryKeyRoll(keys.Change, [.. keys.Rows.Values]));
    }

    public ValueTask<StoredDeliveryKey> AddAsync(StoredDeliveryKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        return data.ChangeAsync(
            state =>
            {
                if (state.DeliveryKeys.Rows.TryGetValue(key.Key.Id, out var stands))
                    return (state, stands);

                // What another process would read back.
                var scope = DeliveryKeySerializer.Read(key.Key.Id, DeliveryKeySerializer.Write(key.Key.Scope));
                var added = key with { Key = key.Key with { Scope = scope, CreatedAt = time.GetUtcNow(), RevokedAt = null } };
                return (state with { DeliveryKeys = state.DeliveryKeys.With(added) }, added);
            },
            cancellationToken);
    }

    public ValueTask<bool> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        return data.ChangeAsync(
            state =>
            {
                if (!state.DeliveryKeys.Rows.TryGetValue(id, out var stands) || stands.Key.RevokedAt is not null)
                    return (state, stands is not null);
                var revoked = stands with { Key = stands.Key with { RevokedAt = time.GetUtcNow() } };
                return (state with { DeliveryKeys = state.DeliveryKeys.With(revoked) }, true);
            },
            cancellationToken);
    }
}
