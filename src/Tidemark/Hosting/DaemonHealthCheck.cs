using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Tidemark.Hosting;

/// <summary>Tells the health checks of a host how the daemon of this process is.</summary>
internal sealed class DaemonHealthCheck(Daemon daemon) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var health = daemon.CheckHealth();
        var status = health.State switch
        {
            HealthState.Healthy => HealthStatus.Healthy,
            HealthState.Degraded => HealthStatus.Degraded,
            _ => context.Registration.FailureStatus,
        };
        var data = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            [TidemarkHealthChecksBuilderExtensions.ReasonsKey] = health.Reasons,
        };
        var description = health.Reasons.Count == 0 ? null : string.Join("; ", health.Reasons);
        return Task.FromResult(new HealthCheckResult(status, description, exception: null, data));
    }
}
