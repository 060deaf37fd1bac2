using System.Buffers;
using System.Diagnostics;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Tidemark.Benchmarks.Workload;
using Tidemark.Protocol;
using Tidemark.Protocol.Frames;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>
/// The limit of remote delivery: the same bytes over WebSocket through Kestrel and loopback, message after message, each sent when the one
/// before it was answered, with nothing made, read or stored on either side.
/// </summary>
internal sealed class BareTransfer
{
    private const string Path = "/bare";
    private const int ReceiveBytes = 64 * 1024;
    private static readonly WireToken Offered = WireToken.Delivered(1_000_000);
    private readonly int _eventsPerMessage;
    private readonly ReadOnlyMemory<byte> _message;
    private readonly ReadOnlyMemory<byte> _answer;

    /// <param name="eventsPerMessage">How many events a delivery has.</param>
    public BareTransfer(int eventsPerMessage)
    {
        _eventsPerMessage = eventsPerMessage;
        WireEvent[] events = [.. Enumerable.Range(1, eventsPerMessage).Select(Event)];
        _message = Encode(new DeliverFrame("0-1023", 1_000, Offered, events[^1].Position, events));
        _answer = Encode(new AckFrame("0-1023", 1_000, AckOutcome.Done, null, null, null));
    }

    /// <summary>What an event takes on the wire, in bytes.</summary>
    public double BytesPerEvent => (double)_message.Length / _eventsPerMessage;

    /// <summary>Transfers as many bytes as the events take.</summary>
    /// <param name="events">How many events.</param>
    /// <param name="connections">How many connections share them.</param>
    /// <returns>Events per second.</returns>
    public async Task<double> MeasureAsync(int events, int connections)
    {
        var messages = Math.Max(1, events / connections / _eventsPerMessage);
        var app = await LoopbackApp.StartAsync(_ => { }, app =>
        {
            app.UseWebSockets();
            app.Map(Path, context => SendAsync(context, messages));
        }).ConfigureAwait(false);
        await using (app.ConfigureAwait(false))
        {
            await ReceiveAsync(app.WebSocketUrl(Path)).ConfigureAwait(false);
            var started = Stopwatch.GetTimestamp();
            var receivers = Enumerable.Range(0, connections).Select(_ => Task.Run(() => ReceiveAsync(app.WebSocketUrl(Path))));
            await Task.WhenAll(receivers).ConfigureAwait(false);
            return (double)messages * _eventsPerMessage * connections / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
    }

    private async Task SendAsync(HttpContext context, int messages)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync().ConfigureAwait(false);
        var answer = new byte[ReceiveBytes];
        for (var i = 0; i < messages; i++)
        {
            await socket.SendAsync(_message, WebSocketMessageType.Text, true, CancellationToken.None).ConfigureAwait(false);
            while (!(await socket.ReceiveAsync(answer.AsMemory(), CancellationToken.None).ConfigureAwait(false)).EndOfMessage)
            {
            }
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task ReceiveAsync(Uri url)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(url, CancellationToken.None).ConfigureAwait(false);
        var message = new byte[ReceiveBytes];
        while (true)
        {
            var part = await socket.ReceiveAsync(message.AsMemory(), CancellationToken.None).ConfigureAwait(false);
            if (part.MessageType == WebSocketMessageType.Close)
                break;
            if (part.EndOfMessage)
                await socket.SendAsync(_answer, WebSocketMessageType.Text, true, CancellationToken.None).ConfigureAwait(false);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).ConfigureAwait(false);
    }

    private static WireEvent Event(int number)
    {
        var version = 1 + (number % 10);
        return new WireEvent(
            Offered.After + number, Guid.CreateVersion7(), Orders.TypeName(version), Orders.Stream(number % Orders.Streams).Value,
            version, "", new DateTimeOffset(2026, 1, 1, 8, 0, 0, TimeSpan.Zero).AddMicroseconds(number * 7919L),
            Orders.Json(version, number), default);
    }

    private static ReadOnlyMemory<byte> Encode(Frame frame)
    {
        using var writer = new FrameWriter();
        var buffer = new ArrayBufferWriter<byte>();
        writer.Write(buffer, frame);
        return buffer.WrittenMemory;
    }
}
