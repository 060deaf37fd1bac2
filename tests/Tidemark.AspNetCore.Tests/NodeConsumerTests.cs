using System.Text;
using System.Text.Json;
using Tidemark.Delivery;
using Tidemark.TestKit.Processes;
using Tidemark.Testing;

namespace Tidemark.AspNetCore.Tests;

/// <summary>The sample in JavaScript, which was written from docs/protocol.md and shares no code with the server.</summary>
public sealed class NodeConsumerTests : IDisposable
{
    private const int Rounds = 6;
    private const int EventsOfRound = 30;

    private readonly InMemoryDatabases _databases = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("tidemark-node-").FullName;

    private string Ledger => Path.Combine(_folder, "ledger.jsonl");

    [Fact]
    public async Task Each_event_is_in_its_ledger_once_though_it_and_the_server_are_killed()
    {
        Assert.SkipWhen(Requirements.NodeMissing() is not null, Requirements.NodeMissing() ?? "");
        var server = await StartAsync(0);
        await server.SubscribeAsync(partitions: 3, ownTokens: true, batch: 4);
        var key = (await server.Keys.CreateAsync("node", new() { Subscriptions = [DeliveryServer.Subscription] })).Text;
        for (var round = 0; round < Rounds; round++)
        {
            var before = Read().Count;
            await using var node = await RunAsync(server, key);
            await server.AppendAsync(round * EventsOfRound, EventsOfRound, streams: 10);
            await Eventually.TrueAsync(() => Read().Count > before + (round * 3), () => $"it gets on: {node.Output.Tail()}");
            if (round == Rounds / 2)
            {
                var port = server.Port;
                await server.DisposeAsync();
                server = await StartAsync(port);
            }

            await node.Kill9();
        }

        // What a crash in the middle of a write leaves behind.
        await File.AppendAllTextAsync(Ledger, """{"partition":"0-340","tok""", TestContext.Current.CancellationToken);
        await using (var last = await RunAsync(server, key))
        {
            // Everything may be there already; what ends before it listens to signals has not ended by itself.
            await last.Output.WaitForAsync("connected to", Eventually.Patience);
            await Eventually.TrueAsync(
                () => Read().Count >= Rounds * EventsOfRound, () => $"{Read().Count}: {last.Output.Tail()}");
            last.Terminate();
            (await last.WaitForExitAsync(TimeSpan.FromSeconds(30))).ShouldBe(0);
        }

        await server.DisposeAsync();
        var all = Read();
        all.Select(e => e.Number).Order().ShouldBe(Enumerable.Range(0, Rounds * EventsOfRound));
        foreach (var stream in all.GroupBy(e => e.Stream))
            stream.Select(e => e.Number).ShouldBe(stream.Select(e => e.Number).Order(), stream.Key);
    }

    [Fact]
    public async Task Without_a_key_that_counts_it_ends_and_says_why()
    {
        Assert.SkipWhen(Requirements.NodeMissing() is not null, Requirements.NodeMissing() ?? "");
        await using var server = await StartAsync(0);
        await server.SubscribeAsync(ownTokens: true);
        await using var node = await RunAsync(server, "tmk_0123456789abcdef_none");

        (await node.WaitForExitAsync(TimeSpan.FromSeconds(30))).ShouldBe(1);
        node.Output.Tail().ShouldContain("unauthorized");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<DeliveryServer> StartAsync(int port) =>
        DeliveryServer.StartAsync(_databases, port, o => o.AllowAnonymous = false);

    private Task<ChildProcess> RunAsync(DeliveryServer server, string key) => ChildProcess.StartAsync(
        Requirements.NodePath!,
        [
            Path.Combine(Root(), "samples", "NodeConsumer", "main.mjs"), "--url", server.Url.ToString(), "--subscription",
            DeliveryServer.Subscription, "--member", "node", "--ledger", Ledger,
        ],
        new Dictionary<string, string?> { ["TIDEMARK_KEY"] = key });

    // Whole lines only: the last one may be under way.
    private List<(string Stream, int Number)> Read()
    {
        if (!File.Exists(Ledger))
            return [];
        using var file = new FileStream(Ledger, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, Encoding.UTF8);
        var text = reader.ReadToEnd();
        var found = new List<(string Stream, int Number)>();
        foreach (var line in text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            if (!json.RootElement.TryGetProperty("events", out var events))
                continue;
            found.AddRange(
                events.EnumerateArray().Select(e => (e.GetProperty("stream").GetString()!, NumberOf(e.GetProperty("data")))));
        }

        return found;
    }

    private static int NumberOf(JsonElement data) =>
        data.EnumerateObject().First(p => p.Name.Equals("number", StringComparison.OrdinalIgnoreCase)).Value.GetInt32();

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Tidemark.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }
}
