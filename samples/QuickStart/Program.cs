using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Projections;
using Tidemark.Sqlite;

await using var tidemark = await TidemarkHost.StartAsync(tide => tide
    .UseSqlite(args is [var file] ? file : "orders.db")
    .Events(events => events.Add<OrderPlaced>("order-placed").Add<OrderShipped>("order-shipped"))
    .AddProjection<OrderSummaries>());                          // The daemon runs because this is async.

var order = $"order-{Guid.CreateVersion7()}";
await tidemark.Store.AppendAsync(order, ExpectedVersion.NoStream, [new OrderPlaced("Ada", 42.50m)]);
await tidemark.Store.AppendAsync(order, ExpectedVersion.StreamExists, [new OrderShipped(DateTimeOffset.UtcNow)]);

await tidemark.Daemon.WaitForCaughtUpAsync(TimeSpan.FromSeconds(10));
var summary = await tidemark.Store.Documents<OrderSummary>().FindAsync(order);
Console.WriteLine($"{summary!.Customer}'s order of {summary.Total:0.00} is {(summary.ShippedAt is null ? "not shipped yet" : "shipped")}.");

internal sealed record OrderPlaced(string Customer, decimal Total);

internal sealed record OrderShipped(DateTimeOffset At);

internal sealed record OrderSummary(string OrderId, string Customer, decimal Total, DateTimeOffset? ShippedAt = null);

internal sealed class OrderSummaries : SingleStreamProjection<OrderSummary>
{
    public OrderSummaries()
    {
        Create<OrderPlaced>(e => new OrderSummary(e.StreamId, e.Data.Customer, e.Data.Total));
        On<OrderShipped>((order, e) => order with { ShippedAt = e.Data.At });
    }
}
