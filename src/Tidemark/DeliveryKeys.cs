using System.Buffers.Text;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Tidemark.Delivery;
using Tidemark.Storage;

namespace Tidemark;

/// <summary>
/// The keys with which remote consumers connect: made, listed and revoked here, by any process. Only hashes are stored; a secret has 256
/// random bits, so a fast hash is enough. Safe for concurrent use.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no wait handle; a container would end this too early.")]
public sealed class DeliveryKeys
{
    private const string Prefix = "tmk_";
    private const int IdDigits = 16;
    private const int SecretBytes = 32;
    private const int NameLengthMax = 200;

    private readonly EventDatabases _databases;
    private readonly SemaphoreSlim _refreshing = new(1);
    private volatile Known _known = new(0, long.MinValue, FrozenDictionary<string, StoredDeliveryKey>.Empty);

    internal DeliveryKeys(EventDatabases databases) => _databases = databases;

    private sealed record Known(long Change, long Begun, FrozenDictionary<string, StoredDeliveryKey> Keys);

    private IDeliveryKeyStore Store => _databases.Main.Storage.DeliveryKeys;

    private TimeProvider Time => _databases.Main.Time;

    /// <summary>Makes a key. Its text is in the result and nowhere else.</summary>
    /// <param name="name">Who gets it, for people; 1 to 200 characters.</param>
    /// <param name="scope">What it opens.</param>
    /// <param name="cancellationToken">Cancels the call; a key may then have been made that nobody knows.</param>
    /// <exception cref="ArgumentException">The name or the scope is wrong; the message says how.</exception>
    public async Task<NewDeliveryKey> CreateAsync(string name, DeliveryKeyScope scope, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(scope);
        if (name.Length > NameLengthMax)
            throw new ArgumentException($"A key's name has at most {NameLengthMax} characters; this one has {name.Length}.", nameof(name));
        scope.Check();
        var id = RandomNumberGenerator.GetHexString(IdDigits, lowercase: true);
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        var stored = await Store.AddAsync(new(new(id, name, scope, default, null), HashOf(secret)), cancellationToken)
            .ConfigureAwait(false);
        return new NewDeliveryKey(stored.Key, $"{Prefix}{id}_{Base64Url.EncodeToString(secret)}");
    }

    /// <summary>Every key, the newest first, revoked ones included; asks the coordination database.</summary>
    public async Task<IReadOnlyList<DeliveryKey>> ReadAsync(CancellationToken cancellationToken = default)
    {
        var known = await RefreshAsync(Time.GetTimestamp(), cancellationToken).ConfigureAwait(false);
        return [.. known.Keys.Values.Select(k => k.Key).OrderByDescending(k => k.CreatedAt).ThenBy(k => k.Id, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Revokes a key for ever. No connection is made with it any more, and those that stand are dropped by every node within a heartbeat.
    /// Returns whether there is such a key.
    /// </summary>
    /// <param name="id">Its <see cref="DeliveryKey.Id"/>.</param>
    /// <param name="cancellationToken">Cancels the call; its outcome may then be unknown, and repeating it is safe.</param>
    public async Task<bool> RevokeAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        return await Store.RevokeAsync(id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether a text looks like a key, and not like the token of somebody else's scheme.</summary>
    internal static bool IsKey(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The key of a text, as the database has it now; null when there is none such, or it was revoked.</summary>
    internal async ValueTask<DeliveryKey?> VerifyAsync(string text, CancellationToken cancellationToken)
    {
        var parts = IsKey(text) ? text[Prefix.Length..].Split('_', 2) : [];
        if (parts.Length != 2 || !TryDecode(parts[1], out var secret))
            return null;
        var known = await RefreshAsync(Time.GetTimestamp(), cancellationToken).ConfigureAwait(false);
        return known.Keys.TryGetValue(parts[0], out var stored)
            && CryptographicOperations.FixedTimeEquals(Convert.FromHexString(stored.Hash), SHA256.HashData(secret))
            ? Live(stored)
            : null;
    }

    /// <summary>A key, as the database had it at most so long ago; null when it was revoked.</summary>
    internal async ValueTask<DeliveryKey?> FindAsync(string id, TimeSpan ageMax, CancellationToken cancellationToken)
    {
        var since = Time.GetTimestamp() - (long)(ageMax.TotalSeconds * Time.TimestampFrequency);
        var known = await RefreshAsync(since, cancellationToken).ConfigureAwait(false);
        return known.Keys.TryGetValue(id, out var stored) ? Live(stored) : null;
    }

    private static DeliveryKey? Live(StoredDeliveryKey stored) => stored.Key.RevokedAt is null ? stored.Key : null;

    private static string HashOf(byte[] secret) => Convert.ToHexStringLower(SHA256.HashData(secret));

    private static bool TryDecode(string text, out byte[] secret)
    {
        secret = new byte[SecretBytes];
        return Base64Url.IsValid(text, out var length) && length == SecretBytes
            && Base64Url.TryDecodeFromChars(text, secret, out var written) && written == SecretBytes;
    }

    // What is known as of a read that began at a moment or later: those who ask at once share one short statement.
    private async ValueTask<Known> RefreshAsync(long since, CancellationToken cancellationToken)
    {
        if (_known is { } recent && recent.Begun >= since)
            return recent;
        await _refreshing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_known.Begun >= since)
                return _known;
            var begun = Time.GetTimestamp();
            var roll = await Store.ReadAsync(_known.Change, cancellationToken).ConfigureAwait(false);
            return _known = roll is null
                ? _known with { Begun = begun }
                : new Known(roll.Change, begun, roll.Keys.ToFrozenDictionary(k => k.Key.Id, StringComparer.Ordinal));
        }
        finally
        {
            _refreshing.Release();
        }
    }
}
