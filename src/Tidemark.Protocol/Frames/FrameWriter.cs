using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tidemark.Protocol.Frames;

/// <summary>
/// Writes frames as UTF-8. The data of events goes out byte by byte as it is. Keep one for each connection; not safe for several threads.
/// </summary>
public sealed class FrameWriter : IDisposable
{
    // The text is no part of a web page: escaping more than JSON needs would only make frames larger. Data was valid when it was stored.
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
        MaxDepth = DeliveryProtocol.DepthMax,
    };

    private readonly Utf8JsonWriter _json = new(Stream.Null, Options);

    /// <summary>Writes one frame.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="frame">The frame.</param>
    public void Write(IBufferWriter<byte> output, Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        _json.Reset(output);
        _json.WriteStartObject();
        WriteFields(frame);
        _json.WriteEndObject();
        _json.Flush();
    }

    /// <inheritdoc />
    public void Dispose() => _json.Dispose();

    private void WriteFields(Frame frame)
    {
        switch (frame)
        {
            case DeliverFrame deliver:
                WriteDeliver(deliver);
                break;
            case AckFrame ack:
                WriteAck(ack);
                break;
            case AskFrame ask:
                WriteQuestion("ask"u8, ask.Partition, ask.Number);
                WriteToken("token"u8, ask.Token);
                break;
            case TokenFrame token:
                WriteQuestion("token"u8, token.Partition, token.Number);
                WriteToken("token"u8, token.Token);
                break;
            case HeartbeatFrame heartbeat:
                _json.WriteString("t"u8, "heartbeat"u8);
                WriteOptional("mark"u8, heartbeat.Mark);
                break;
            case CreditFrame credit:
                _json.WriteString("t"u8, "credit"u8);
                WriteCredit(credit.CreditEvents, credit.CreditBytes);
                break;
            case HelloFrame or WelcomeFrame or RejectFrame or DropFrame or ByeFrame:
                WriteConnection(frame);
                break;
            default:
                WriteNews(frame);
                break;
        }
    }

    private void WriteConnection(Frame frame)
    {
        switch (frame)
        {
            case HelloFrame hello:
                _json.WriteString("t"u8, "hello"u8);
                _json.WriteString("subscription"u8, hello.Subscription);
                _json.WriteString("member"u8, hello.Member);
                _json.WriteString("tokens"u8, FrameNames.Of(hello.Tokens));
                WriteCredit(hello.CreditEvents, hello.CreditBytes);
                WriteOptional("tenant"u8, hello.Tenant);
                break;
            case WelcomeFrame welcome:
                _json.WriteString("t"u8, "welcome"u8);
                _json.WriteString("session"u8, welcome.Session);
                _json.WriteNumber("heartbeatMs"u8, welcome.HeartbeatMs);
                _json.WriteNumber("incarnation"u8, welcome.Incarnation);
                _json.WriteNumber("frameBytesMax"u8, welcome.FrameBytesMax);
                _json.WriteNumber("batchEventsMax"u8, welcome.BatchEventsMax);
                break;
            case RejectFrame reject:
                _json.WriteString("t"u8, "reject"u8);
                WriteError(reject.Code, reject.Message);
                WriteOptional("location"u8, reject.Location);
                break;
            case DropFrame drop:
                _json.WriteString("t"u8, "drop"u8);
                WriteError(drop.Code, drop.Message);
                break;
            default:
                _json.WriteString("t"u8, "bye"u8);
                break;
        }
    }

    private void WriteNews(Frame frame)
    {
        switch (frame)
        {
            case RevokeFrame revoke:
                WritePartition("revoke"u8, revoke.Partition);
                break;
            case CaughtUpFrame caughtUp:
                WritePartition("caughtUp"u8, caughtUp.Partition);
                _json.WriteNumber("mark"u8, caughtUp.Mark);
                break;
            default:
                throw new ArgumentException($"{frame.GetType()} is no frame of {DeliveryProtocol.Subprotocol}.", nameof(frame));
        }
    }

    private void WriteDeliver(DeliverFrame deliver)
    {
        WriteQuestion("deliver"u8, deliver.Partition, deliver.Number);
        WriteToken("offered"u8, deliver.Offered);
        _json.WriteNumber("through"u8, deliver.Through);
        _json.WriteStartArray("events"u8);
        for (var i = 0; i < deliver.Events.Count; i++)
            WriteEvent(deliver.Events[i]);
        _json.WriteEndArray();
    }

    private void WriteEvent(in WireEvent recorded)
    {
        _json.WriteStartObject();
        _json.WriteNumber("position"u8, recorded.Position);
        _json.WriteString("id"u8, recorded.Id);
        _json.WriteString("type"u8, recorded.Type);
        _json.WriteString("stream"u8, recorded.Stream);
        _json.WriteNumber("version"u8, recorded.Version);
        if (recorded.Tenant.Length > 0)
            _json.WriteString("tenant"u8, recorded.Tenant);
        _json.WriteString("recordedAt"u8, recorded.RecordedAt);
        _json.WritePropertyName("data"u8);
        _json.WriteRawValue(recorded.Data.Span, skipInputValidation: true);
        if (!recorded.Metadata.IsEmpty)
        {
            _json.WritePropertyName("metadata"u8);
            _json.WriteRawValue(recorded.Metadata.Span, skipInputValidation: true);
        }

        _json.WriteEndObject();
    }

    private void WriteAck(AckFrame ack)
    {
        WriteQuestion("ack"u8, ack.Partition, ack.Number);
        _json.WriteString("outcome"u8, FrameNames.Of(ack.Outcome));
        WriteOptional("through"u8, ack.Through);
        WriteOptional("retryAfterMs"u8, ack.RetryAfterMs);
        WriteOptional("reason"u8, ack.Reason);
    }

    private void WritePartition(ReadOnlySpan<byte> kind, string partition)
    {
        _json.WriteString("t"u8, kind);
        _json.WriteString("partition"u8, partition);
    }

    private void WriteQuestion(ReadOnlySpan<byte> kind, string partition, long number)
    {
        WritePartition(kind, partition);
        _json.WriteNumber("number"u8, number);
    }

    private void WriteCredit(int events, long bytes)
    {
        _json.WriteNumber("creditEvents"u8, events);
        _json.WriteNumber("creditBytes"u8, bytes);
    }

    private void WriteError(ErrorCode code, string message)
    {
        _json.WriteString("code"u8, code.ToWire());
        _json.WriteString("message"u8, message);
    }

    private void WriteToken(ReadOnlySpan<byte> name, WireToken? token)
    {
        if (token is not { } value)
        {
            _json.WriteNull(name);
            return;
        }

        Span<byte> text = stackalloc byte[WireToken.TextLengthMax];
        value.TryFormat(text, out var written);
        _json.WriteString(name, text[..written]);
    }

    private void WriteOptional(ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
            _json.WriteNumber(name, number);
    }

    private void WriteOptional(ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            _json.WriteString(name, value);
    }
}
