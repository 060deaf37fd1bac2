using Tidemark.Protocol;
using Tidemark.Protocol.Frames;
using Tidemark.Protocol.Sessions;

namespace Tidemark.Simulation.Tests.Sessions;

/// <summary>A consumer's process over its durable token: consumer sessions by connection, and an application that takes its time.</summary>
internal sealed class ModelConsumer(DeliveryHistory history, WireToken start)
{
    private static readonly WelcomeFrame Welcome = new("model", 1000, 1, 1024, 100);

    private readonly List<Line> _lines = [];

    /// <summary>The token in the consumer's own store; null while it is empty or when the server keeps it.</summary>
    public WireToken? Token { get; set; }

    public bool IsIdle => _lines.TrueForAll(line => line.Delivery is null && line.Ask is null);

    private TokenKeeping Keeping => history.Rule.IsOwn ? TokenKeeping.Own : TokenKeeping.Stored;

    /// <summary>A new connection; unless connections overlap, the application's work for the former one is broken off first.</summary>
    public void Connect(Connection connection)
    {
        if (history.Rule.IsStrict)
            BreakOff();
        var line = new Line(connection, new ConsumerSession(Keeping));
        line.Session.Receive(Welcome);
        _lines.Add(line);
        if (_lines.Count > 3)
            _lines.RemoveAt(0);
    }

    public void Crash() => BreakOff();

    public void Receive(Connection connection, Frame frame)
    {
        var line = _lines.Find(l => ReferenceEquals(l.Connection, connection));
        if (line is null)
            return;
        if (history.Mutant == Mutant.OfferedIgnored && frame is DeliverFrame deliver
            && line.Session.Expected(deliver.Partition) is { } expected && expected != deliver.Offered)
            frame = deliver with { Offered = expected };
        var step = line.Session.Receive(frame);
        if (frame is DeliverFrame && step.Kind == ConsumerStepKind.Send)
            history.Tally.Elsewhere++;
        Take(line, step);
    }

    /// <summary>The application gets on with something; false when it has nothing to do.</summary>
    public bool Step(Random random)
    {
        var line = _lines.Count == 0 ? null : _lines[random.Next(_lines.Count)];
        if (line?.Ask is { } ask)
        {
            line.Ask = null;
            Take(line, line.Session.TokenRead(ask.Partition, ask.Number, Token));
            return true;
        }

        if (line?.Delivery is not { } delivery)
            return false;
        line.Delivery = null;
        Take(line, Work(line.Session, delivery));
        return true;
    }

    private void Take(Line line, ConsumerStep step)
    {
        switch (step.Kind)
        {
            case ConsumerStepKind.Send:
                line.Connection.ToAgent.Add(step.Frame!);
                break;
            case ConsumerStepKind.ReadToken:
                line.Ask = (AskFrame)step.Frame!;
                break;
            case ConsumerStepKind.Process:
                line.Delivery = (DeliverFrame)step.Frame!;
                break;
            default:
                break;
        }
    }

    private ConsumerStep Work(ConsumerSession session, DeliverFrame delivery)
    {
        if (IsElsewhere(delivery))
        {
            history.Tally.Elsewhere++;
            return session.FoundElsewhere(delivery.Partition, delivery.Number, Token!.Value);
        }

        var (outcome, count) = history.Decide(delivery.Events.Count);
        var isWhole = outcome == AckOutcome.Done && count == delivery.Events.Count;
        Effect(delivery, count, isWhole);
        long? through = isWhole ? null : count > 0 ? delivery.Events[count - 1].Position : null;
        return session.Processed(new AckFrame(
            delivery.Partition, delivery.Number, outcome, through, null, outcome == AckOutcome.Done ? null : "the model says so"));
    }

    // Effects and token in one transaction, which looks at the token that it replaces.
    private bool IsElsewhere(DeliverFrame delivery) =>
        history.Rule.IsOwn
        && history.Mutant is not (Mutant.TransactionWithoutComparison or Mutant.OfferedIgnored)
        && (Token ?? start) != delivery.Offered;

    private void Effect(DeliverFrame delivery, int count, bool isWhole)
    {
        history.Say($"consumer processes {count} of {delivery.Events.Count} of #{delivery.Number}");
        for (var i = 0; i < count; i++)
            history.Spec.Took(delivery.Events[i].Position);
        if (!history.Rule.IsOwn)
            return;
        if (isWhole)
            Token = WireToken.Delivered(delivery.Through);
        else if (count > 0)
            Token = WireToken.Delivered(delivery.Events[count - 1].Position);
    }

    // The end came before or after what the application was at took effect; with the server's tokens, also in between.
    private void BreakOff()
    {
        foreach (var line in _lines)
        {
            if (line.Delivery is not { } delivery || IsElsewhere(delivery) || history.Random.Next(2) == 0)
                continue;
            var count = history.Random.Next(delivery.Events.Count + 1);
            Effect(delivery, count, isWhole: count == delivery.Events.Count);
        }

        _lines.Clear();
    }

    private sealed class Line(Connection connection, ConsumerSession session)
    {
        public Connection Connection { get; } = connection;

        public ConsumerSession Session { get; } = session;

        public DeliverFrame? Delivery { get; set; }

        public AskFrame? Ask { get; set; }
    }
}
