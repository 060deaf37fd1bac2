namespace Tidemark.Leases;

/// <summary>What a process can run: a projection or subscription in one version of its code.</summary>
/// <param name="Projection">The name of the projection or subscription.</param>
/// <param name="Version">The version of its handlers.</param>
public readonly record struct Capability(string Projection, int Version)
{
    /// <inheritdoc />
    public override string ToString() => $"{Projection} v{Version}";
}
