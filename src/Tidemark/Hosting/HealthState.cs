namespace Tidemark.Hosting;

/// <summary>How the daemon of this process is.</summary>
public enum HealthState
{
    /// <summary>Its loops are alive, and no shard is paused.</summary>
    Healthy = 0,

    /// <summary>
    /// Its loops are alive, but something needs a look: a shard is paused, the database does not answer, the daemon stops. To start the
    /// process again would not help.
    /// </summary>
    Degraded = 1,

    /// <summary>A loop is not alive any more. To start the process again helps.</summary>
    Unhealthy = 2,
}
