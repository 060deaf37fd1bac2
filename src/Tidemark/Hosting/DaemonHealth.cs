namespace Tidemark.Hosting;

/// <summary>How the daemon of this process is. Health is not lag: a shard that is far behind and works is healthy.</summary>
/// <param name="State">The worst of what was found.</param>
/// <param name="Reasons">Why it is not healthy, for people; empty when it is.</param>
public sealed record DaemonHealth(HealthState State, IReadOnlyList<string> Reasons);
