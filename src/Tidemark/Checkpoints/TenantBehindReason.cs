namespace Tidemark.Checkpoints;

/// <summary>Why a shard goes on without a tenant for a while.</summary>
public enum TenantBehindReason
{
    /// <summary>So many events of the tenant came at once that others would have had to wait for them.</summary>
    Flood = 0,

    /// <summary>An event of the tenant failed, and the error options say to pause.</summary>
    Error = 1,
}
