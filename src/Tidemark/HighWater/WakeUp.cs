namespace Tidemark.HighWater;

/// <summary>What a hint is about.</summary>
public enum WakeUp
{
    /// <summary>Something was appended.</summary>
    Appended = 0,

    /// <summary>Leases, nodes, operator commands or tenants changed.</summary>
    Leases = 1,
}
