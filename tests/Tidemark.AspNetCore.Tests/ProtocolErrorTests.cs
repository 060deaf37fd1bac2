using System.Net.WebSockets;
using Tidemark.Protocol;
using Tidemark.Protocol.Frames;
using Tidemark.Testing;

namespace Tidemark.AspNetCore.Tests;

/// <summary>Clients that break the protocol are told why, and closed; nothing is lost by it.</summary>
public sealed class ProtocolErrorTests
{
    private readonly InMemoryDatabases _databases = new();
    private readonly Received _received = new();

    [Theory]
    [InlineData("no json", ErrorCode.Malformed)]
    [InlineData("""{"t":"dance"}""", ErrorCode.UnknownFrame)]
    [InlineData("""{"t":"ack","partition":"0-1023"}""", ErrorCode.MissingField)]
    [InlineData("""{"t":"credit","creditEvents":-1,"creditBytes":0}""", ErrorCode.InvalidField)]
    [InlineData("""{"t":"revoke","partition":"0-1023"}""", ErrorCode.OutOfOrder)]
    [InlineData(RawClient.Hello, ErrorCode.OutOfOrder)]
    [InlineData("""{"t":"ack","partition":"7-7","number":1,"outcome":"done"}""", ErrorCode.BadAnswer)]
    public async Task Wrong_frame_ends_the_connection_with_its_code(string frame, ErrorCode code)
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync();
        await server.AppendAsync(0, 5);
        using (var client = await RawClient.ConnectAsync(server))
        {
            await client.SendAsync(RawClient.Hello);
            await client.SendAsync(frame);
            (await client.EndAsync()).ShouldBe(code);
        }

        await using var consumer = _received.Start(server, "good");
        await _received.CountAsync(5);
        _received.Numbers.ShouldBe(Enumerable.Range(0, 5));
    }

    [Fact]
    public async Task Oversized_frame_ends_the_connection()
    {
        await using var server = await DeliveryServer.StartAsync(_databases, configure: o => o.FrameBytesMax = 4096);
        await server.SubscribeAsync();
        using var client = await RawClient.ConnectAsync(server);
        await client.SendAsync(RawClient.Hello);
        await client.SendAsync($$"""{"t":"heartbeat","filler":"{{new string('x', 5000)}}"}""");

        (await client.EndAsync()).ShouldBe(ErrorCode.TooLarge);
    }

    [Fact]
    public async Task Binary_message_ends_the_connection()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync();
        using var binary = await RawClient.ConnectAsync(server);
        await binary.SendAsync(RawClient.Hello, WebSocketMessageType.Binary);
        (await binary.EndAsync()).ShouldBe(ErrorCode.Malformed);
    }

    [Fact]
    public async Task First_frame_is_hello()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync();
        using var client = await RawClient.ConnectAsync(server);
        await client.SendAsync("""{"t":"heartbeat"}""");

        (await client.EndAsync()).ShouldBe(ErrorCode.OutOfOrder);
    }

    [Fact]
    public async Task Answer_beyond_its_delivery_ends_the_connection_and_moves_nothing()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync();
        await server.AppendAsync(0, 5);
        using (var client = await RawClient.ConnectAsync(server))
        {
            await client.SendAsync(RawClient.Hello);
            var ask = await client.NextAsync<AskFrame>();
            await client.SendAsync($$"""{"t":"token","partition":"{{ask.Partition}}","number":{{ask.Number}},"token":null}""");
            var deliver = await client.NextAsync<DeliverFrame>();
            await client.SendAsync(
                $$"""{"t":"ack","partition":"{{deliver.Partition}}","number":{{deliver.Number}},"outcome":"done","through":100}""");
            (await client.EndAsync()).ShouldBe(ErrorCode.BadAnswer);
        }

        await using var consumer = _received.Start(server, "good");
        await _received.CountAsync(5);
        _received.Numbers.ShouldBe(Enumerable.Range(0, 5));
    }

    [Fact]
    public async Task Client_whose_token_lies_behind_the_end_of_the_log_is_told_so()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync(ownTokens: true);
        await server.AppendAsync(0, 5);
        using var client = await RawClient.ConnectAsync(server);
        await client.SendAsync(RawClient.Hello.Replace("stored", "own", StringComparison.Ordinal));
        var ask = await client.NextAsync<AskFrame>();
        await client.SendAsync($$"""{"t":"token","partition":"{{ask.Partition}}","number":{{ask.Number}},"token":"delivered:99"}""");

        (await client.EndAsync()).ShouldBe(ErrorCode.AheadOfLog);
        client.LastMessage!.ShouldContain("the log ends at position 5");
    }

    [Fact]
    public async Task Silent_client_is_given_up()
    {
        await using var server = await DeliveryServer.StartAsync(
            _databases, configure: o => o.Heartbeat = TimeSpan.FromMilliseconds(100));
        await server.SubscribeAsync();
        using var client = await RawClient.ConnectAsync(server);
        await client.SendAsync(RawClient.Hello);

        (await client.EndAsync()).ShouldBe(ErrorCode.HeartbeatMissed);
    }

    [Fact]
    public async Task Request_that_is_no_websocket_is_told_what_to_do()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        using var http = new HttpClient();

        var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{server.Port}/tidemark/delivery"));

        ((int)answer.StatusCode).ShouldBe(400);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(DeliveryProtocol.Subprotocol);
    }
}
