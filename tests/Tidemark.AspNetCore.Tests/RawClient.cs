using System.Net.WebSockets;
using System.Text;
using Tidemark.Protocol;
using Tidemark.Protocol.Frames;

namespace Tidemark.AspNetCore.Tests;

/// <summary>A client that sends what it is told.</summary>
internal sealed class RawClient : IDisposable
{
    public const string Hello = """
        {"t":"hello","subscription":"notes","member":"bad","tokens":"stored","creditEvents":10,"creditBytes":100000}
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ClientWebSocket _socket = new();

    private RawClient() => _socket.Options.AddSubProtocol(DeliveryProtocol.Subprotocol);

    /// <summary>What the last reject or drop said.</summary>
    public string? LastMessage { get; private set; }

    public static async Task<RawClient> ConnectAsync(DeliveryServer server)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(server.Url, CancellationToken.None).WaitAsync(Patience);
        return client;
    }

    public Task SendAsync(string frame, WebSocketMessageType type = WebSocketMessageType.Text) =>
        SendAsync(Encoding.UTF8.GetBytes(frame), type);

    public Task SendAsync(byte[] message, WebSocketMessageType type = WebSocketMessageType.Text) =>
        _socket.SendAsync(message, type, true, CancellationToken.None).WaitAsync(Patience);

    public async Task<T> NextAsync<T>()
        where T : Frame
    {
        while (true)
        {
            if (await ReceiveAsync() is T found)
                return found;
        }
    }

    /// <summary>The code of the close frame, which the last frame has named too.</summary>
    public async Task<ErrorCode> EndAsync()
    {
        ErrorCode? said = null;
        while (await ReceiveAsync() is { } frame)
        {
            (said, LastMessage) = frame switch
            {
                DropFrame drop => (drop.Code, drop.Message),
                RejectFrame reject => (reject.Code, reject.Message),
                _ => (said, LastMessage),
            };
        }

        said.ShouldBe((ErrorCode)_socket.CloseStatus!.Value);
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).WaitAsync(Patience);
        return said!.Value;
    }

    public void Dispose() => _socket.Dispose();

    private async Task<Frame?> ReceiveAsync()
    {
        var bytes = new byte[64 * 1024];
        for (var length = 0; ;)
        {
            var part = await _socket.ReceiveAsync(bytes.AsMemory(length), CancellationToken.None).AsTask().WaitAsync(Patience);
            if (part.MessageType == WebSocketMessageType.Close)
                return null;
            length += part.Count;
            if (part.EndOfMessage)
                return FrameReader.Read(bytes.AsMemory(0, length), bytes.Length);
        }
    }
}
