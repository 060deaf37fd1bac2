using System.Net.WebSockets;
using System.Text;
using Tidemark.Protocol;
using Tidemark.Protocol.Frames;
using Tidemark.Testing;

namespace Tidemark.AspNetCore.Tests;

/// <summary>Clients that break the protocol are told why, and closed; nothing is lost by it.</summary>
public sealed class ProtocolErrorTests
{
    private const string Hello = """
        {"t":"hello","subscription":"notes","member":"bad","tokens":"stored","creditEvents":10,"creditBytes":100000}
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly InMemoryDatabases _databases = new();
    private readonly Received _received = new();

    [Theory]
    [InlineData("no json", ErrorCode.Malformed)]
    [InlineData("""{"t":"dance"}""", ErrorCode.UnknownFrame)]
    [InlineData("""{"t":"ack","partition":"0-1023"}""", ErrorCode.MissingField)]
    [InlineData("""{"t":"credit","creditEvents":-1,"creditBytes":0}""", ErrorCode.InvalidField)]
    [InlineData("""{"t":"revoke","partition":"0-1023"}""", ErrorCode.OutOfOrder)]
    [InlineData(Hello, ErrorCode.OutOfOrder)]
    [InlineData("""{"t":"ack","partition":"7-7","number":1,"outcome":"done"}""", ErrorCode.BadAnswer)]
    public async Task Wrong_frame_ends_the_connection_with_its_code(string frame, ErrorCode code)
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync();
        await server.AppendAsync(0, 5);
        using (var socket = await ConnectAsync(server))
        {
            await SendAsync(socket, Hello);
            await SendAsync(socket, frame);
            (await EndAsync(socket)).ShouldBe(code);
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
        using var socket = await ConnectAsync(server);
        await SendAsync(socket, Hello);
        await SendAsync(socket, $$"""{"t":"heartbeat","filler":"{{new string('x', 5000)}}"}""");

        (await EndAsync(socket)).ShouldBe(ErrorCode.TooLarge);
    }

    [Fact]
    public async Task First_frame_is_hello()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync();
        using var socket = await ConnectAsync(server);
        await SendAsync(socket, """{"t":"heartbeat"}""");

        (await EndAsync(socket)).ShouldBe(ErrorCode.OutOfOrder);
    }

    [Fact]
    public async Task Answer_beyond_its_delivery_ends_the_connection_and_moves_nothing()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync();
        await server.AppendAsync(0, 5);
        using (var socket = await ConnectAsync(server))
        {
            await SendAsync(socket, Hello);
            var ask = await NextAsync<AskFrame>(socket);
            await SendAsync(socket, $$"""{"t":"token","partition":"{{ask.Partition}}","number":{{ask.Number}},"token":null}""");
            var deliver = await NextAsync<DeliverFrame>(socket);
            await SendAsync(
                socket,
                $$"""{"t":"ack","partition":"{{deliver.Partition}}","number":{{deliver.Number}},"outcome":"done","through":100}""");
            (await EndAsync(socket)).ShouldBe(ErrorCode.BadAnswer);
        }

        await using var consumer = _received.Start(server, "good");
        await _received.CountAsync(5);
        _received.Numbers.ShouldBe(Enumerable.Range(0, 5));
    }

    [Fact]
    public async Task Silent_client_is_given_up()
    {
        await using var server = await DeliveryServer.StartAsync(
            _databases, configure: o => o.Heartbeat = TimeSpan.FromMilliseconds(100));
        await server.SubscribeAsync();
        using var socket = await ConnectAsync(server);
        await SendAsync(socket, Hello);

        (await EndAsync(socket)).ShouldBe(ErrorCode.HeartbeatMissed);
    }

    [Fact]
    public async Task Request_that_is_no_websocket_is_told_what_to_do()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        using var client = new HttpClient();

        var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{server.Port}/tidemark/delivery"));

        ((int)answer.StatusCode).ShouldBe(400);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(DeliveryProtocol.Subprotocol);
    }

    private static async Task<ClientWebSocket> ConnectAsync(DeliveryServer server)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(DeliveryProtocol.Subprotocol);
        await socket.ConnectAsync(server.Url, CancellationToken.None).WaitAsync(Patience);
        return socket;
    }

    private static Task SendAsync(WebSocket socket, string frame) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, CancellationToken.None).WaitAsync(Patience);

    private static async Task<T> NextAsync<T>(WebSocket socket)
        where T : Frame
    {
        while (true)
        {
            if (await ReceiveAsync(socket) is T found)
                return found;
        }
    }

    // The code of the close frame, which the last frame has named too.
    private static async Task<ErrorCode> EndAsync(WebSocket socket)
    {
        ErrorCode? said = null;
        while (await ReceiveAsync(socket) is { } frame)
            said = frame is DropFrame drop ? drop.Code : frame is RejectFrame reject ? reject.Code : said;
        said.ShouldBe((ErrorCode)socket.CloseStatus!.Value);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).WaitAsync(Patience);
        return said!.Value;
    }

    private static async Task<Frame?> ReceiveAsync(WebSocket socket)
    {
        var bytes = new byte[64 * 1024];
        for (var length = 0; ;)
        {
            var part = await socket.ReceiveAsync(bytes.AsMemory(length), CancellationToken.None).AsTask().WaitAsync(Patience);
            if (part.MessageType == WebSocketMessageType.Close)
                return null;
            length += part.Count;
            if (part.EndOfMessage)
                return FrameReader.Read(bytes.AsMemory(0, length), bytes.Length);
        }
    }
}
