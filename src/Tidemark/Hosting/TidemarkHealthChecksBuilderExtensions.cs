using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Tidemark.Hosting;

/// <summary>Adds Tidemark to an application's health checks.</summary>
public static class TidemarkHealthChecksBuilderExtensions
{
    /// <summary>The key under which a result's data holds the reasons: a list of texts, empty when healthy.</summary>
    public const string ReasonsKey = "reasons";

    /// <summary>
    /// Adds a check of this process's daemon, from memory: healthy; degraded when something needs a look that a new start would not mend
    /// (a shard paused after an error, work that no node can take, a database that does not answer); unhealthy when a loop has ended or
    /// is silent. A gap or a lag changes nothing. See <see cref="Daemon.CheckHealth"/>.
    /// </summary>
    /// <param name="builder">What <c>services.AddHealthChecks()</c> returns.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="failureStatus">What an unhealthy daemon counts as; null for unhealthy.</param>
    /// <param name="tags">Tags to choose checks by, for example those of a liveness probe.</param>
    public static IHealthChecksBuilder AddTidemark(
        this IHealthChecksBuilder builder, string name = "tidemark", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(name, Make, failureStatus, tags));
    }

    private static DaemonHealthCheck Make(IServiceProvider provider) =>
        new(provider.GetService<Daemon>() ?? throw new InvalidOperationException(
            "There is no store to check. Call services.AddTidemark(…) beside services.AddHealthChecks().AddTidemark()."));
}
