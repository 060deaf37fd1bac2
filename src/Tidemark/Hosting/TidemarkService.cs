using Microsoft.Extensions.Hosting;

namespace Tidemark.Hosting;

/// <summary>Starts the store with the host, and drains the daemon when the host stops.</summary>
internal sealed class TidemarkService(TidemarkRuntime runtime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => runtime.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => runtime.Daemon.StopAsync(cancellationToken);
}
