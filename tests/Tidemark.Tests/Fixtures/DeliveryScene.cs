using Tidemark.Events;
using Tidemark.Hosting;

namespace Tidemark.Tests.Fixtures;

/// <summary>A bank whose process is started again and again on one store; a test of subscriptions happens there.</summary>
public abstract class DeliveryScene : IAsyncDisposable
{
    private readonly List<BankHost> _hosts = [];

    /// <summary>The process that runs now, or ran last.</summary>
    private protected BankHost Host => _hosts[^1];

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var host in _hosts)
            await host.DisposeAsync();
    }

    /// <summary>Starts a process, on the store of the last one.</summary>
    private protected async Task StartAsync(Action<TidemarkBuilder> build) =>
        _hosts.Add(await BankHost.StartAsync(build, _hosts.LastOrDefault()));

    private protected Task StartWithoutAsync() => StartAsync(_ => { });

    private protected async Task DepositAsync(string account, params long[] amounts)
    {
        foreach (var amount in amounts)
            await Host.Store.AppendAsync(account, ExpectedVersion.Any, [new Deposited(amount)]);
    }
}
