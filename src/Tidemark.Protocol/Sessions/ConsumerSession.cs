using Tidemark.Protocol.Frames;

namespace Tidemark.Protocol.Sessions;

/// <summary>
/// The consumer's side of one connection: frames and the application's answers in, what to do next out. Knows no socket, clock, thread or
/// store. Calls come one at a time; make a new one for every connection.
/// <list type="bullet">
/// <item>Of each partition only the newest question counts; a question with an older number is passed over.</item>
/// <item>A delivery is handed to the application only when what it offers is what the consumer expects: where it stood by the last
/// handshake,
/// moved by what it processed since. Otherwise nothing is processed and the own token is answered.</item>
/// <item>The application has one call per partition at a time. A handshake that comes meanwhile waits for it, so that a token is never read
/// while a delivery may still move it.</item>
/// </list>
/// With own tokens the application compares once more, in its transaction: it writes effects and new token only if the stored token is the
/// offered one. That makes its effects happen once even when two connections, or two processes, are at work for a moment.
/// </summary>
/// <param name="tokens">Who keeps the tokens, as said in hello.</param>
public sealed class ConsumerSession(TokenKeeping tokens)
{
    private readonly Dictionary<string, PartitionState> _partitions = new(StringComparer.Ordinal);
    private bool _isWelcome;
    private bool _isOver;

    /// <summary>Where the consumer stands in a partition; null when no handshake has said it on this connection.</summary>
    public WireToken? Expected(string partition) => _partitions.TryGetValue(partition, out var state) ? state.Expected : null;

    /// <summary>Takes a frame of the server.</summary>
    /// <exception cref="ProtocolException">The server broke the order of frames: end the connection with the code.</exception>
    public ConsumerStep Receive(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_isOver)
            throw OutOfOrder(frame, "nothing comes after the end");
        if (!_isWelcome && frame is not (WelcomeFrame or RejectFrame or DropFrame))
            throw OutOfOrder(frame, "the first frame is welcome or reject");
        switch (frame)
        {
            case AskFrame ask:
                return Asked(ask);
            case DeliverFrame deliver:
                return Delivered(deliver);
            case WelcomeFrame when _isWelcome:
                throw OutOfOrder(frame, "welcome comes once");
            case WelcomeFrame:
                _isWelcome = true;
                return new(ConsumerStepKind.Welcomed, frame);
            case RejectFrame or DropFrame:
                _isOver = true;
                return new(ConsumerStepKind.Ended, frame);
            case RevokeFrame revoke:
                Revoked(revoke.Partition);
                return new(ConsumerStepKind.News, frame);
            case HeartbeatFrame or CaughtUpFrame:
                return new(ConsumerStepKind.News, frame);
            default:
                throw OutOfOrder(frame, "only a client sends it");
        }
    }

    /// <summary>The application has read its token.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="number">The number of the ask.</param>
    /// <param name="token">The token; null when there is none.</param>
    /// <exception cref="InvalidOperationException">This ask is not open.</exception>
    public ConsumerStep TokenRead(string partition, long number, WireToken? token)
    {
        var state = Finish<AskFrame>(partition, number, out var ask);
        if (Supersedes(state, out var next))
            return next;
        state.Expected = token ?? ask.Token;
        return new(ConsumerStepKind.Send, new TokenFrame(partition, number, token));
    }

    /// <summary>The application has answered a delivery.</summary>
    /// <param name="ack">The outcome.</param>
    /// <exception cref="InvalidOperationException">This delivery is not open.</exception>
    /// <exception cref="ArgumentException">What is said to be done lies outside of the delivery.</exception>
    public ConsumerStep Processed(AckFrame ack)
    {
        ArgumentNullException.ThrowIfNull(ack);
        if (OpenDelivery(ack.Partition, ack.Number) is { } open && ack.Through is { } done
            && (done <= open.Offered.After || done > open.Through))
            throw new ArgumentException($"Done through {done} is not in the delivery after {open.Offered} to {open.Through}.", nameof(ack));
        var state = Finish<DeliverFrame>(ack.Partition, ack.Number, out var delivery);
        if (Supersedes(state, out var next))
            return next;
        var through = ack.Through ?? (ack.Outcome == AckOutcome.Done ? delivery.Through : null);
        state.Expected = through is { } moved ? WireToken.Delivered(moved) : state.Expected;
        return new(ConsumerStepKind.Send, ack);
    }

    /// <summary>
    /// The application, with tokens of its own, found another token in its store than the one offered, and changed nothing.
    /// </summary>
    /// <param name="partition">The partition.</param>
    /// <param name="number">The number of the delivery.</param>
    /// <param name="token">The token it found.</param>
    /// <exception cref="InvalidOperationException">This delivery is not open.</exception>
    public ConsumerStep FoundElsewhere(string partition, long number, WireToken token)
    {
        var state = Finish<DeliverFrame>(partition, number, out _);
        if (Supersedes(state, out var next))
            return next;
        state.Expected = token;
        return new(ConsumerStepKind.Send, new TokenFrame(partition, number, token));
    }

    private ConsumerStep Asked(AskFrame ask)
    {
        if (!_partitions.TryGetValue(ask.Partition, out var state))
            _partitions.Add(ask.Partition, state = new PartitionState());
        if (ask.Number <= state.Latest)
            return ConsumerStep.None;
        state.Latest = ask.Number;
        state.Expected = null;
        if (state.Busy is null)
            return Answer(state, ask);
        state.Waiting = ask;
        return ConsumerStep.None;
    }

    private ConsumerStep Delivered(DeliverFrame deliver)
    {
        if (!_partitions.TryGetValue(deliver.Partition, out var state))
            throw OutOfOrder(deliver, "a partition begins with ask");
        if (deliver.Number <= state.Latest)
            return ConsumerStep.None;
        if (state.Expected is not { } expected)
            throw OutOfOrder(deliver, "the answer to ask comes before it");
        if (state.Busy is not null)
            throw OutOfOrder(deliver, "one delivery is open at a time");
        state.Latest = deliver.Number;
        if (deliver.Offered != expected)
            return new(ConsumerStepKind.Send, new TokenFrame(deliver.Partition, deliver.Number, expected));
        state.Busy = deliver;
        return new(ConsumerStepKind.Process, deliver);
    }

    // The state stays while the application is at work: an ask for the same partition has to wait for it.
    private void Revoked(string partition)
    {
        if (!_partitions.TryGetValue(partition, out var state))
            return;
        state.Expected = null;
        state.Waiting = null;
        state.IsVoid = state.Busy is not null;
    }

    private ConsumerStep Answer(PartitionState state, AskFrame ask)
    {
        if (tokens == TokenKeeping.Own)
        {
            state.Busy = ask;
            return new(ConsumerStepKind.ReadToken, ask);
        }

        state.Expected = ask.Token;
        return new(ConsumerStepKind.Send, new TokenFrame(ask.Partition, ask.Number, null));
    }

    // What the application has just finished is no longer waited for: a newer ask is answered instead, or nothing.
    private bool Supersedes(PartitionState state, out ConsumerStep next)
    {
        var ask = state.Waiting;
        var isVoid = state.IsVoid;
        (state.Waiting, state.IsVoid) = (null, false);
        next = ask is null ? ConsumerStep.None : Answer(state, ask);
        return isVoid || ask is not null;
    }

    private DeliverFrame? OpenDelivery(string partition, long number) =>
        _partitions.TryGetValue(partition, out var state) && state.Busy is DeliverFrame open && open.Number == number ? open : null;

    private PartitionState Finish<T>(string partition, long number, out T open)
        where T : Frame
    {
        if (!_partitions.TryGetValue(partition, out var state) || state.Busy is not T busy || NumberOf(busy) != number)
            throw new InvalidOperationException($"Number {number} of partition {partition} is not open: it was answered already.");
        open = busy;
        state.Busy = null;
        return state;
    }

    private static long NumberOf(Frame? frame) => frame switch
    {
        AskFrame ask => ask.Number,
        DeliverFrame deliver => deliver.Number,
        _ => 0,
    };

    private static ProtocolException OutOfOrder(Frame frame, string rule) =>
        new(ErrorCode.OutOfOrder, $"{frame.GetType().Name} came out of order: {rule}.");
}
