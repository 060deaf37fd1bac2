namespace Tidemark.Cluster.Tests.Stores;

/// <summary>Makes stores of one kind. Test classes are generic over it, so that a kind of store is one line per class.</summary>
public interface IClusterStoreKind
{
    /// <summary>Why these tests cannot run on this machine; null when they can.</summary>
    static abstract string? Missing { get; }

    /// <summary>A new store with nothing in it, not even a schema.</summary>
    static abstract Task<ClusterStore> CreateAsync();
}
