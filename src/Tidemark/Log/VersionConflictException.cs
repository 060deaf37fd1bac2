using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>
/// An append found its stream at another version than it expected. Nothing was stored. Load the stream again, decide again, append again.
/// </summary>
public sealed class VersionConflictException : TidemarkException
{
    /// <summary>Tells of a conflict.</summary>
    public VersionConflictException(TenantId tenant, StreamId stream, ExpectedVersion expected, StreamVersion actual)
        : base(
            $"Stream '{stream}'{(tenant.IsDefault ? "" : $" of tenant '{tenant}'")} is at version {actual}, but the append expected " +
            $"{expected}. Nothing was stored. " +
            "Load the stream again and decide again, or use DecideAsync, which does both.")
    {
        Tenant = tenant;
        Stream = stream;
        Expected = expected;
        Actual = actual;
    }

    /// <summary>The stream's tenant.</summary>
    public TenantId Tenant { get; }

    /// <summary>The stream.</summary>
    public StreamId Stream { get; }

    /// <summary>What the append expected.</summary>
    public ExpectedVersion Expected { get; }

    /// <summary>The stream's version when the append was tried.</summary>
    public StreamVersion Actual { get; }
}
