using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Tidemark.Protocol.Frames;

namespace Tidemark.Protocol.Connections;

/// <summary>
/// Frames over a WebSocket, for either side. Any thread may send: frames go out in the order of the calls, by one loop. One at a time may
/// receive.
/// </summary>
/// <param name="socket">The socket; the caller disposes it.</param>
/// <param name="bytesMax">The largest frame that is taken.</param>
internal sealed class FrameSocket(WebSocket socket, int bytesMax) : IDisposable
{
    private const int CloseReasonBytesMax = 123;
    private const int ReceiveBytes = 16 * 1024;

    private static readonly TimeSpan CloseMax = TimeSpan.FromSeconds(2);

    private readonly Channel<PooledBuffer> _outgoing = Channel.CreateUnbounded<PooledBuffer>();
    private readonly Lock _writing = new();
    private readonly FrameWriter _writer = new();
    private readonly PooledBuffer _received = new();
    private bool _isOver;

    /// <summary>How many frames wait to go out.</summary>
    public int Waiting => _outgoing.Reader.Count;

    /// <summary>Writes a frame, to be sent with <see cref="Send(PooledBuffer)"/>. After the end it is empty, and sent nowhere.</summary>
    public PooledBuffer Encode(Frame frame)
    {
        var buffer = new PooledBuffer(SizeOf(frame));
        lock (_writing)
        {
            if (!_isOver)
                _writer.Write(buffer, frame);
        }

        return buffer;
    }

    /// <summary>Sends a frame; after the end, nothing happens.</summary>
    public void Send(Frame frame) => Send(Encode(frame));

    /// <summary>Sends what was written, and frees it.</summary>
    public void Send(PooledBuffer buffer)
    {
        if (!_outgoing.Writer.TryWrite(buffer))
            buffer.Dispose();
    }

    /// <summary>Sends until <see cref="CloseAsync"/>, or until the connection breaks, which whoever receives sees too.</summary>
    public async Task RunAsync()
    {
        try
        {
            await foreach (var buffer in _outgoing.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                using (buffer)
                {
                    await socket.SendAsync(buffer.Written, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None)
                        .ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException
            or OperationCanceledException or IOException)
        {
            _outgoing.Writer.TryComplete();
            while (_outgoing.Reader.TryRead(out var lost))
                lost.Dispose();
            socket.Abort();
        }
    }

    /// <summary>Receives a frame; null when the other side has closed. Its events hold memory that is theirs.</summary>
    /// <exception cref="ProtocolException">What came is no frame.</exception>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async ValueTask<Frame?> ReceiveAsync(CancellationToken cancellationToken)
    {
        _received.Clear();
        while (true)
        {
            var part = await socket.ReceiveAsync(_received.GetMemory(ReceiveBytes), cancellationToken).ConfigureAwait(false);
            if (part.MessageType == WebSocketMessageType.Close)
                return null;
            if (part.MessageType == WebSocketMessageType.Binary)
                throw new ProtocolException(ErrorCode.Malformed, "A frame is a text message (was binary).");
            _received.Advance(part.Count);
            if (_received.Length > bytesMax)
                throw new ProtocolException(ErrorCode.TooLarge, $"A frame has at most {bytesMax} bytes (was {_received.Length} or more).");
            if (part.EndOfMessage)
                return FrameReader.Read(_received.Written.ToArray(), bytesMax);
        }
    }

    /// <summary>
    /// Sends what waits, then closes, and takes what the other side still sends, so that it can read our last words. Within seconds.
    /// </summary>
    /// <param name="status">The close code.</param>
    /// <param name="reason">Why; shortened to what a close frame takes.</param>
    /// <param name="sending">What <see cref="RunAsync"/> returned.</param>
    /// <param name="receiving">A receive that is still under way; null for none.</param>
    /// <param name="time">The clock.</param>
    public async Task CloseAsync(WebSocketCloseStatus status, string reason, Task sending, Task? receiving, TimeProvider time)
    {
        _outgoing.Writer.TryComplete();
        var draining = receiving;
        try
        {
            await sending.WaitAsync(CloseMax, time).ConfigureAwait(false);
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(status, Shorten(reason), CancellationToken.None).WaitAsync(CloseMax, time)
                    .ConfigureAwait(false);
            }

            draining ??= DrainAsync();
            await draining.WaitAsync(CloseMax, time).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or ProtocolException or WebSocketException or ObjectDisposedException
            or InvalidOperationException or OperationCanceledException or IOException)
        {
            socket.Abort();
        }

        // Nobody uses the socket or the buffers any more when this returns.
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (draining ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _outgoing.Writer.TryComplete();
        lock (_writing)
        {
            _isOver = true;
            _writer.Dispose();
        }

        _received.Dispose();
    }

    private async Task DrainAsync()
    {
        while (socket.State is WebSocketState.Open or WebSocketState.CloseSent)
        {
            _received.Clear();
            var part = await socket.ReceiveAsync(_received.GetMemory(ReceiveBytes), CancellationToken.None).ConfigureAwait(false);
            if (part.MessageType == WebSocketMessageType.Close)
                return;
        }
    }

    // About, so that the buffer need not grow step by step.
    private static int SizeOf(Frame frame)
    {
        if (frame is not DeliverFrame deliver)
            return 0;
        var bytes = 0L;
        for (var i = 0; i < deliver.Events.Count; i++)
        {
            bytes += deliver.Events[i].WireBytes;
        }

        return (int)Math.Min(bytes, int.MaxValue / 2);
    }

    private static string Shorten(string text)
    {
        var length = text.Length;
        while (Encoding.UTF8.GetByteCount(text.AsSpan(0, length)) > CloseReasonBytesMax)
            length--;
        return text[..length];
    }
}
