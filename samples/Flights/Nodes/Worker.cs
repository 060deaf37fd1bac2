using Flights.Stores;

namespace Flights.Nodes;

/// <summary>
/// A node of the show: a process that only projects, until the process that started it closes its standard input or ends.
/// </summary>
internal static class Worker
{
    public static async Task RunAsync(IFlightsPlace place, string name, CancellationToken cancellationToken)
    {
        await using var store = await FlightsStore.OpenAsync(place, NodesShow.BoardPartitions, name, cancellationToken);
        await store.Daemon.StartAsync(cancellationToken);
        await using var input = Console.OpenStandardInput();
        Task closed = Task.Run(() => input.ReadByte(), CancellationToken.None);
        await closed.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
