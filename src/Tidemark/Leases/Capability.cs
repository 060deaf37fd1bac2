namespace Tidemark.Leases;

/// <summary>What a process can run: a projection or subscription in one version of its code.</summary>
/// <param name="Projection">The name of the projection or subscription.</param>
/// <param name="Version">The version of its handlers.</param>
public readonly record struct Capability(string Projection, int Version)
{
    /// <summary>That of running every subscription of a kind that needs no code of the application.</summary>
    internal static Capability OfKind(int version) => new(Any, version);

    private const string Any = "*";

    /// <inheritdoc />
    public override string ToString() => (Projection, Version) switch
    {
        (Any, ShardLease.RemoteVersion) => "remote consumers",
        (Any, ShardLease.WebhookVersion) => "webhooks",
        (_, ShardLease.InProcessVersion) => $"subscription {Projection}",
        _ => $"{Projection} v{Version}",
    };
}
