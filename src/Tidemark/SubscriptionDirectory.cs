using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Storage;

namespace Tidemark;

/// <summary>
/// The subscriptions of a store: those of the application's code, which are made by themselves, and those that are made at run time for
/// consumers elsewhere. Every process learns of changes by itself. Safe for concurrent use.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no wait handle; a container would end this too early.")]
public sealed class SubscriptionDirectory
{
    private readonly EventDatabases _databases;
    private readonly SemaphoreSlim _refreshing = new(1);
    private volatile Known _known = new(0, FrozenDictionary<string, Subscription>.Empty);

    internal SubscriptionDirectory(EventDatabases databases) => _databases = databases;

    private sealed record Known(long Change, FrozenDictionary<string, Subscription> Subscriptions);

    private ISubscriptionStore Store => _databases.Main.Storage.Subscriptions;

    /// <summary>The number of the last change that this process knows.</summary>
    internal long Change => _known.Change;

    /// <summary>A subscription, as this process knows it; null when it knows none such.</summary>
    internal Subscription? Find(string name) => _known.Subscriptions.GetValueOrDefault(name);

    /// <summary>The subscription that a shard is of; null when this process knows none such.</summary>
    internal Subscription? Of(ShardName shard) =>
        Find(shard.Projection) is { } found && found.Incarnation == shard.Generation ? found : null;

    /// <summary>Every subscription, by name; asks the coordination database.</summary>
    public async Task<IReadOnlyList<Subscription>> ReadAsync(CancellationToken cancellationToken = default)
    {
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        return [.. _known.Subscriptions.Values.OrderBy(s => s.Name, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Makes a subscription. When this returns, it and its start are durable: every append that begins afterwards is delivered. One with
    /// the same name and definition is returned as it is.
    /// </summary>
    /// <param name="definition">What it is. Those of kind <see cref="SubscriptionKind.InProcess"/> are made by registering them.</param>
    /// <param name="cancellationToken">Cancels the call; its outcome may then be unknown, and repeating it is safe.</param>
    /// <exception cref="ArgumentException">
    /// The definition is wrong, or another subscription or a projection has its name; the message says which.
    /// </exception>
    public async Task<Subscription> CreateAsync(SubscriptionDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        definition.Check();
        if (definition.Kind == SubscriptionKind.InProcess)
        {
            throw new ArgumentException(
                $"Subscription '{definition.Name}' is of kind InProcess; register its consumer with AddSubscription, which makes it.",
                nameof(definition));
        }

        var made = await EnsureAsync(definition, cancellationToken).ConfigureAwait(false);
        return DefinitionSerializer.Write(made.Definition) == DefinitionSerializer.Write(definition)
            ? made
            : throw new ArgumentException(
                $"There is a subscription '{definition.Name}' with another definition. Change that one, remove it, or take another name.",
                nameof(definition));
    }

    /// <summary>
    /// Changes what a subscription takes and how it is handed over. Where it stands stays: events that it newly takes are delivered from
    /// there on. Its kind, start, partitions and who keeps its token cannot be changed.
    /// </summary>
    /// <exception cref="ArgumentException">There is none such, or a part was changed that cannot be.</exception>
    public async Task<Subscription> ChangeAsync(SubscriptionDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        definition.Check();
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        if (Find(definition.Name) is not { } stands)
            throw Unknown(definition.Name);
        if ((stands.Definition.Kind, stands.Definition.KeepsOwnToken) != (definition.Kind, definition.KeepsOwnToken))
        {
            throw new ArgumentException(
                $"Subscription '{definition.Name}' is of kind {stands.Definition.Kind} and {Keeper(stands.Definition)} keeps its token; " +
                "that cannot be changed. Remove it and make another one.",
                nameof(definition));
        }

        var changed = definition with { Start = stands.Definition.Start, Partitions = stands.Definition.Partitions };
        if (!await Store.ChangeAsync(changed, stands.Incarnation, cancellationToken).ConfigureAwait(false))
            throw Unknown(definition.Name);
        await AnnounceAsync(cancellationToken).ConfigureAwait(false);
        return stands with { Definition = changed };
    }

    /// <summary>Removes a subscription with its tokens; its dead letters stay as records. Returns whether it was there.</summary>
    public async Task<bool> RemoveAsync(string name, CancellationToken cancellationToken = default)
    {
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        if (Find(name) is not { } stands || !await Store.RemoveAsync(name, stands.Incarnation, cancellationToken).ConfigureAwait(false))
            return false;
        await AnnounceAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>The failures that shards of subscriptions stand at, faulted ones included; asks every event database.</summary>
    public async Task<IReadOnlyList<DeliveryFailure>> ReadFailuresAsync(CancellationToken cancellationToken = default)
    {
        var failures = new List<DeliveryFailure>();
        foreach (var database in await DatabasesAsync(cancellationToken).ConfigureAwait(false))
            failures.AddRange(await database.Storage.DeliveryFailures.ReadAllAsync(cancellationToken).ConfigureAwait(false));
        return failures;
    }

    /// <summary>Makes a subscription unless one has its name; returns the one that stands then.</summary>
    internal async Task<Subscription> EnsureAsync(SubscriptionDefinition definition, CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        if (Find(definition.Name) is { } stands)
            return stands;
        if (_databases.Main.Parts.Projections.Has(definition.Name))
            throw new ArgumentException(
                $"A projection is named '{definition.Name}'; give the subscription another name.", nameof(definition));
        var starts = new Dictionary<string, Position>(StringComparer.Ordinal);
        foreach (var database in await DatabasesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (IsFor(definition, database.Name))
                starts.Add(database.Name, await StartAfterAsync(definition.Start, database, cancellationToken).ConfigureAwait(false));
        }

        var added = await Store.AddAsync(definition, starts, cancellationToken).ConfigureAwait(false);
        await AnnounceAsync(cancellationToken).ConfigureAwait(false);
        return added;
    }

    /// <summary>Whether a subscription has shards on an event database: a tenant's is on that of the tenant alone.</summary>
    internal bool IsFor(SubscriptionDefinition definition, string database) =>
        definition.Tenant is not { } tenant
        || (_databases.Tenants is null || tenant.IsDefault ? _databases.Main.Name : _databases.Tenants.Find(tenant)?.Database) == database;

    /// <summary>The position after which a start begins.</summary>
    internal static async Task<Position> StartAfterAsync(
        SubscriptionStart start, EventDatabase database, CancellationToken cancellationToken)
    {
        if (start.Position is { } position)
            return new Position(Math.Max(0, position.Value - 1));
        await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        var mark = await database.HighWater.RefreshAsync(cancellationToken).ConfigureAwait(false);
        return start.Moment is { } moment
            ? await database.Storage.Log.FindPositionBeforeAsync(moment, mark, cancellationToken).ConfigureAwait(false)
            : mark;
    }

    /// <summary>Learns what has changed. One short statement, which returns nothing when nothing has.</summary>
    internal async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (await Store.ReadAsync(_known.Change, cancellationToken).ConfigureAwait(false) is { } roll)
                _known = new Known(roll.Change, roll.Subscriptions.ToFrozenDictionary(s => s.Name, StringComparer.Ordinal));
        }
        finally
        {
            _refreshing.Release();
        }
    }

    private static string Keeper(SubscriptionDefinition definition) => definition.KeepsOwnToken ? "its consumer" : "the store";

    private static ArgumentException Unknown(string name) => new($"There is no subscription '{name}'.", nameof(name));

    private async Task<IReadOnlyList<EventDatabase>> DatabasesAsync(CancellationToken cancellationToken)
    {
        if (_databases.Tenants is not { } tenants)
            return [_databases.Main];
        await tenants.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var names = tenants.Databases.Where(d => d != _databases.Main.Name).Order(StringComparer.Ordinal);
        return [_databases.Main, .. names.Select(_databases.Get)];
    }

    private async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        await _databases.Main.HighWater.NotifyLeasesAsync(cancellationToken).ConfigureAwait(false);
    }
}
