using System.Text.Json;
using Tidemark.Client;
using Tidemark.Protocol.Frames;

namespace Tidemark.AspNetCore.Tests;

/// <summary>What consumers have received. Thread-safe.</summary>
internal sealed class Received
{
    private readonly Lock _gate = new();
    private readonly List<(string Member, string Stream, int Number)> _all = [];

    public IReadOnlyList<(string Member, string Stream, int Number)> All
    {
        get
        {
            lock (_gate)
                return [.. _all];
        }
    }

    public IEnumerable<int> Numbers => All.Select(a => a.Number);

    public void Add(string member, IReadOnlyList<WireEvent> events)
    {
        lock (_gate)
            _all.AddRange(events.Select(e => (member, e.Stream, NumberOf(e))));
    }

    public TidemarkConsumer Start(DeliveryServer server, string member, int credit = 1000) => TidemarkConsumer.Start(
        OptionsOf(server.Url, member) with { CreditEvents = credit },
        (delivery, _) =>
        {
            Add(member, delivery.Events);
            return new(ConsumerOutcome.Done);
        });

    public Task CountAsync(int count) =>
        Eventually.TrueAsync(() => All.Count >= count, () => $"{count} are received; there are {All.Count}", TimeSpan.FromSeconds(30));

    public static int NumberOf(WireEvent e)
    {
        using var data = JsonDocument.Parse(e.Data);
        return data.RootElement.EnumerateObject().First(p => p.Name.Equals("number", StringComparison.OrdinalIgnoreCase)).Value.GetInt32();
    }

    public static ConsumerOptions OptionsOf(Uri url, string member) => new()
    {
        Url = url,
        Subscription = DeliveryServer.Subscription,
        Member = member,
        ReconnectMin = TimeSpan.FromMilliseconds(5),
        ReconnectMax = TimeSpan.FromMilliseconds(50),
    };
}
