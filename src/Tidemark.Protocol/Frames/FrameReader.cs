using System.Text.Json;

namespace Tidemark.Protocol.Frames;

/// <summary>
/// Reads frames from UTF-8. Fields may stand in any order; fields that are not known are passed over; of a field that stands twice the
/// last one counts. Safe for several threads.
/// </summary>
public static class FrameReader
{
    /// <summary>Reads one frame.</summary>
    /// <param name="utf8">The whole message. The events of a delivery hold slices of it.</param>
    /// <param name="bytesMax">The largest frame that is taken.</param>
    /// <exception cref="ProtocolException">It is none; the code says why.</exception>
    public static Frame Read(ReadOnlyMemory<byte> utf8, int bytesMax)
    {
        if (utf8.Length > bytesMax)
            throw new ProtocolException(ErrorCode.TooLarge, $"A frame has at most {bytesMax} bytes (was {utf8.Length}).");
        var fields = new FrameFields();
        try
        {
            fields.ReadAll(utf8);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second: text that is no UTF-8, or half of a pair of escapes.
            throw new ProtocolException(ErrorCode.Malformed, $"A frame is one JSON object in UTF-8 ({e.Message})", e);
        }

        return Make(fields);
    }

    private static Frame Make(FrameFields f) => f.Text("t") switch
    {
        "deliver" => new DeliverFrame(f.Partition, f.Number, f.Token("offered"), f.Whole("through", 0), f.Events),
        "ack" => Ack(f),
        "ask" => new AskFrame(f.Partition, f.Number, f.Token("token")),
        "token" => new TokenFrame(f.Partition, f.Number, f.TokenOrNull("token")),
        "credit" => new CreditFrame((int)f.Whole("creditEvents", 0, int.MaxValue), f.Whole("creditBytes", 0)),
        "heartbeat" => new HeartbeatFrame(f.WholeOrNull("mark", 0)),
        "hello" => Hello(f),
        "bye" => new ByeFrame(),
        "welcome" => new WelcomeFrame(
            f.Name("session"), f.Count("heartbeatMs"), f.Count("incarnation"), f.Count("frameBytesMax"), f.Count("batchEventsMax")),
        "reject" => new RejectFrame(f.Code, f.Reason("message"), f.TextOrNull("location")),
        "revoke" => new RevokeFrame(f.Partition),
        "caughtUp" => new CaughtUpFrame(f.Partition, f.Whole("mark", 0)),
        "drop" => new DropFrame(f.Code, f.Reason("message")),
        var unknown => throw new ProtocolException(
            ErrorCode.UnknownFrame, $"The field t names a frame of {DeliveryProtocol.Subprotocol} (was '{FrameFields.Short(unknown)}')."),
    };

    private static HelloFrame Hello(FrameFields f) => new(
        f.Name("subscription"),
        f.Name("member"),
        FrameNames.Keeping(f.Text("tokens")) ?? throw FrameFields.Invalid("tokens", "is 'stored' or 'own'", f.Text("tokens")),
        f.Count("creditEvents"),
        f.Whole("creditBytes", 1),
        f.NameOrNull("tenant"));

    private static AckFrame Ack(FrameFields f)
    {
        var name = f.Text("outcome");
        var outcome = FrameNames.Outcome(name)
            ?? throw FrameFields.Invalid("outcome", "is done, retryAfter, park, skip or stop", name);
        var isDone = outcome == AckOutcome.Done;
        var after = outcome == AckOutcome.RetryAfter ? f.WholeOrNull("retryAfterMs", 0) : null;
        return new AckFrame(
            f.Partition, f.Number, outcome, f.WholeOrNull("through", 1), after, isDone ? f.ReasonOrNull("reason") : f.Reason("reason"));
    }
}
