using Tidemark.Events;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>
/// Builds a read model from events. Derive from <see cref="SingleStreamProjection{TDocument}"/>, <see
/// cref="MultiStreamProjection{TDocument}"/>, <see cref="FlatTableProjection"/> or <see cref="EventProjection"/>, and name the handlers in
/// the constructor; or combine several in a <see cref="CompositeProjection"/>.
/// </summary>
/// <remarks>
/// Guarantee: each event takes effect exactly once per generation of the read model, in position order, in the transaction that moves the
/// projection's checkpoint.
/// Handlers are called by one thread at a time; a failed batch is tried again from its beginning, so handlers must have no effects but
/// those on the read model.
/// </remarks>
public abstract class Projection
{
    private readonly string? _name;
    private readonly string? _readModel;
    private readonly int _partitions = 1;
    private readonly bool? _keepsTenantsApart;

    private protected Projection()
    {
    }

    /// <summary>
    /// The projection's name, unique in the store; the class's name by default. Part of the checkpoint: a renamed projection is a new
    /// one.
    /// </summary>
    public string Name
    {
        get => _name ?? GetType().Name;
        protected init => _name = CheckName(value);
    }

    /// <summary>The stable name of its read model in the database; the projection's name in snake case by default.</summary>
    public string ReadModel
    {
        get => _readModel ?? Identifier.FromName(Name);
        protected init => _readModel = Identifier.Check(value, "read model");
    }

    /// <summary>
    /// The version of the handlers, from 1. Raise it when they change: the read model is then built anew beside the old one.
    /// </summary>
    public int Version { get; protected init; } = 1;

    /// <summary>
    /// Into how many shards it is split when its read model is first made, each with a range of slots (streams, or keys of a multi-stream
    /// projection). They may run on different nodes. 1 by default; 1 to 1,024. Later, split and merge while it runs; a changed number
    /// here takes effect with the next generation.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of its range.</exception>
    public int Partitions
    {
        get => _partitions;
        protected init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Slot.Count);
            _partitions = value;
        }
    }

    /// <summary>
    /// The group of its shards: those of one group run on one node, different groups on different nodes while there are enough. Null, the
    /// default, for none.
    /// </summary>
    public string? Group { get; protected init; }

    /// <summary>
    /// Whether the order between events of different tenants does not matter to it, so that a shard may leave a tenant behind that floods
    /// or fails, and go on with the others. True by default for documents that are kept by tenant, in a composite for all of its stages;
    /// false for flat tables, event projections and documents across tenants. Say true for a flat table or an event projection whose rows
    /// each belong to one tenant; say false for all tenants to wait for each other in the order of the log.
    /// A projection that raises side effects, or keeps documents across tenants, is refused when it says true.
    /// </summary>
    public bool KeepsTenantsApart
    {
        get => _keepsTenantsApart ?? (KeepsRowsByTenant && !RaisesEffects);
        protected init => _keepsTenantsApart = value;
    }

    /// <summary>What to do with events that fail; null for the store's default.</summary>
    public ErrorOptions? Errors { get; protected init; }

    /// <summary>The same while a new generation is built; null for the store's default.</summary>
    public ErrorOptions? ErrorsWhileRebuilding { get; protected init; }

    internal abstract ReadModelSchema Schema { get; }

    /// <summary>
    /// Whether its partitions divide the keys of its read model instead of the streams: events of many streams meet in one key.
    /// </summary>
    internal virtual bool IsSplitByKey => false;

    /// <summary>Whether each thing that it writes belongs to one tenant, as far as its kind tells.</summary>
    internal virtual bool KeepsRowsByTenant => false;

    /// <summary>Why it must not keep tenants apart; null when it may.</summary>
    internal virtual string? MeetsTenants => RaisesEffects ? "it raises side effects, which follow the order of the log" : null;

    /// <summary>What its handlers take.</summary>
    internal ProjectionInputs Inputs { get; } = new();

    /// <summary>The type of the documents it keeps; null when it keeps none.</summary>
    internal virtual Type? DocumentType => null;

    /// <summary>Whether it raises side effects.</summary>
    internal virtual bool RaisesEffects => Inputs.Raises;

    /// <summary>Whether handlers write through a transaction that stays open while events are gathered.</summary>
    internal virtual bool OpensTransactions => false;

    /// <summary>The event types it handles; null for all.</summary>
    internal abstract IReadOnlyCollection<Type>? EventTypes { get; }

    internal abstract Applier MakeApplier(ApplierContext context);

    /// <summary>The stored names of the types it handles; null for all.</summary>
    internal IReadOnlyCollection<string>? TypeNames(EventTypeRegistry types) =>
        EventTypes is null ? null : [.. EventTypes.SelectMany(types.NamesOf).Distinct(StringComparer.Ordinal)];

    private static string CheckName(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.AsSpan().IndexOfAny(":@\0") >= 0 || name.Length > 100)
            throw new ArgumentException($"'{name}' is no projection name: at most 100 characters, and neither ':' nor '@'.", nameof(name));
        return name;
    }
}
