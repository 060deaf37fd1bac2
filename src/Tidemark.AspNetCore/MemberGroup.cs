namespace Tidemark.AspNetCore;

/// <summary>
/// The members of one subscription that are connected here, and the partitions that run here. Each partition belongs to one member; they
/// are spread evenly, with as few moves as possible. A partition moves between batches: its shard learns of it at once. Thread-safe.
/// </summary>
internal sealed class MemberGroup
{
    private static readonly Comparer<RemoteTarget> ByName =
        Comparer<RemoteTarget>.Create((one, other) => string.CompareOrdinal(one.Partition, other.Partition));

    private readonly Lock _gate = new();
    private readonly List<MemberConnection> _members = [];
    private readonly Dictionary<RemoteTarget, MemberConnection?> _partitions = [];

    /// <summary>Whether any partition runs here.</summary>
    public bool HasPartitions
    {
        get
        {
            lock (_gate)
                return _partitions.Count > 0;
        }
    }

    /// <summary>The member that a partition belongs to; null when there is none.</summary>
    public MemberConnection? MemberOf(RemoteTarget partition)
    {
        lock (_gate)
            return _partitions.GetValueOrDefault(partition);
    }

    /// <summary>A partition begins to run here.</summary>
    public void Add(RemoteTarget partition) => Change(() => _partitions[partition] = null);

    /// <summary>A partition no longer runs here.</summary>
    public void Remove(RemoteTarget partition) => Change(() => _partitions.Remove(partition));

    /// <summary>A member has connected. Returns the connection with the same name that it replaces.</summary>
    public MemberConnection? Attach(MemberConnection member)
    {
        MemberConnection? former = null;
        Change(() =>
        {
            former = _members.Find(m => m.Name == member.Name);
            Drop(former);
            _members.Add(member);
        });
        return former;
    }

    /// <summary>A member has gone.</summary>
    public void Detach(MemberConnection member) => Change(() => Drop(member));

    private void Drop(MemberConnection? member)
    {
        if (member is null || !_members.Remove(member))
            return;
        foreach (var (partition, _) in _partitions.Where(p => p.Value == member).ToArray())
            _partitions[partition] = null;
    }

    private void Change(Action change)
    {
        RemoteTarget[] moved;
        lock (_gate)
        {
            var before = _partitions.ToArray();
            change();
            Spread();
            moved = [.. before.Where(p => _partitions.TryGetValue(p.Key, out var now) && now != p.Value).Select(p => p.Key)];
        }

        foreach (var partition in moved)
            partition.Move();
    }

    private void Spread()
    {
        if (_members.Count == 0)
            return;
        var (share, more) = Math.DivRem(_partitions.Count, _members.Count);
        var held = _members.ToDictionary(m => m, m => _partitions.Where(p => p.Value == m).Select(p => p.Key).Order(ByName).ToList());

        // Who has the most keeps the partitions that do not divide evenly.
        foreach (var member in _members.OrderByDescending(m => held[m].Count))
        {
            var keeps = held[member].Count > share && more > 0 ? share + 1 : share;
            more -= keeps - share;
            foreach (var surplus in held[member].Skip(keeps))
                _partitions[surplus] = null;
            held[member] = [.. held[member].Take(keeps)];
        }

        foreach (var free in _partitions.Where(p => p.Value is null).Select(p => p.Key).Order(ByName).ToArray())
        {
            var next = _members.MinBy(m => held[m].Count)!;
            held[next].Add(free);
            _partitions[free] = next;
        }
    }
}
