using Tidemark.Checkpoints;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;
using Tidemark.Protocol;
using Tidemark.Protocol.Frames;

namespace Tidemark.Simulation.Tests.Sessions;

/// <summary>
/// One history, settled by its seed: agents and a consumer, joined by connections that lose, delay, repeat and reorder; crashes of either
/// side at any step; moves; tokens changed by hand. In the end faults stop, and everything has to come to its end.
/// </summary>
internal sealed class DeliveryHistory
{
    private const int SettleStepsMax = 5_000;

    private readonly List<Connection> _connections = [];
    private readonly List<ModelAgent> _agents = [];
    private readonly ModelConsumer _consumer;
    private readonly List<string>? _trace;
    private readonly int _faultPercent;
    private readonly int _failPercent;
    private readonly int _relevantPercent;
    private readonly bool _movesTokens;
    private QuestionNumbers _numbers = new();
    private long _lastEpoch;
    private bool _isSettling;

    public DeliveryHistory(int seed, Mutant mutant, ModelTally tally, bool traced = false)
    {
        Random = new Random(seed);
        Mutant = mutant;
        Tally = tally;
        _trace = traced ? [] : null;
        Rule = new TokenRule(IsOwn: Random.Next(2) == 0, IsStrict: Random.Next(3) > 0);
        BatchMax = Random.Next(1, 5);
        _faultPercent = Random.Next(3) == 0 ? 0 : Random.Next(1, 25);
        _failPercent = Random.Next(3) == 0 ? 0 : Random.Next(1, 40);
        _relevantPercent = Random.Next(4) == 0 ? 15 : 75;
        _movesTokens = Random.Next(4) == 0;
        Log = new ModelLog(Random);
        for (var n = Random.Next(25); n > 0; n--)
            Log.Append(_relevantPercent);
        Start = RandomToken(Log.Mark);
        Store = new ModelStore(Start);
        Spec = new DeliverySpec(Log, Store, Rule, BatchMax);
        _consumer = new ModelConsumer(this, ModelAgent.WireOf(Start));
    }

    public Random Random { get; }

    public Mutant Mutant { get; }

    public ModelTally Tally { get; }

    public TokenRule Rule { get; }

    public int BatchMax { get; }

    public HandshakeToken Start { get; }

    public ModelLog Log { get; }

    public ModelStore Store { get; }

    public DeliverySpec Spec { get; }

    public string Trace => _trace is null ? "" : string.Join('\n', _trace.TakeLast(80));

    /// <summary>Plays it; what was broken, or null.</summary>
    public string? Run()
    {
        try
        {
            for (var n = Random.Next(40, 300); n > 0 && Spec.Violation is null; n--)
                Step();
            if (Spec.Violation is null)
                Settle();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or ProtocolException)
        {
            Spec.Fail($"the session refuses: {e.Message}");
        }

        Tally.Effects += Spec.Effects.Count();
        Tally.Repeats += Spec.Repeats;
        return Spec.Violation;
    }

    public void Say(FormattableString what)
    {
        _trace?.Add(what.ToString());
    }

    public void Connect(Connection connection)
    {
        if (Rule.IsStrict)
            _connections.Clear();
        _connections.Add(connection);
        _consumer.Connect(connection);
    }

    /// <summary>0: none; 1: the commit fails; 2: it takes effect and its answer is lost.</summary>
    public int CommitFault() => _isSettling || Random.Next(100) >= _faultPercent ? 0 : Random.Next(1, 3);

    /// <summary>What the application answers, and how many events it processed.</summary>
    public (AckOutcome Outcome, int Count) Decide(int events)
    {
        if (_isSettling || Random.Next(100) >= _failPercent)
            return (AckOutcome.Done, events);
        var some = events == 0 ? 0 : Random.Next(events);
        return Random.Next(12) switch
        {
            < 3 => (AckOutcome.Done, Math.Max(some, Math.Min(events, 1))),
            < 7 => (AckOutcome.RetryAfter, some),
            7 when events > 0 => (AckOutcome.Park, some),
            8 or 9 when events > 0 => (AckOutcome.Skip, some),
            10 => (AckOutcome.Stop, some),
            _ => (AckOutcome.Done, events),
        };
    }

    private void Step()
    {
        if (Random.Next(100) < _faultPercent)
            Fault();
        switch (Random.Next(8))
        {
            case 0:
                Log.Append(_relevantPercent);
                break;
            case 1 or 2:
                Agent().Step(maySync: Random.Next(8) == 0);
                break;
            case 3 or 4:
                _consumer.Step(Random);
                break;
            default:
                Carry(Random.Next(100) < _faultPercent);
                break;
        }
    }

    private void Fault()
    {
        switch (Random.Next(_movesTokens ? 10 : 8))
        {
            case 0 or 1:
                Say($"agent crashes");
                Spec.Disrupted();
                _agents.ForEach(static agent => agent.Crash());
                _agents.Clear();
                _numbers = Random.Next(2) == 0 ? new QuestionNumbers() : _numbers;
                break;
            case 2 or 3:
                Say($"consumer crashes");
                Spec.Disrupted();
                _consumer.Crash();
                break;
            case 4 or 5:
                Agent().TimeOut(connectionToo: Random.Next(2) == 0);
                break;
            case 6:
                Say($"moves to another node");
                Spec.Disrupted();
                _agents.Add(new ModelAgent(this, ++_lastEpoch, new QuestionNumbers()));
                break;
            case 7:
                Agent().AskAgain();
                break;
            default:
                MoveToken();
                break;
        }
    }

    // One frame arrives: any of those under way, once or twice, or it is lost.
    private void Carry(bool isFaulty)
    {
        if (_connections.Count == 0)
            return;
        var connection = _connections[Random.Next(_connections.Count)];
        var toConsumer = connection.ToAgent.Count == 0 || (connection.ToConsumer.Count > 0 && Random.Next(2) == 0);
        var frames = toConsumer ? connection.ToConsumer : connection.ToAgent;
        if (frames.Count == 0)
            return;
        var index = isFaulty ? Random.Next(frames.Count) : 0;
        var frame = frames[index];
        var kind = isFaulty ? Random.Next(3) : 0;
        if (kind != 1)
            frames.RemoveAt(index);
        if (kind == 2)
            return;
        if (toConsumer)
            _consumer.Receive(connection, frame);
        else
            connection.Agent.Receive(frame);
    }

    private ModelAgent Agent()
    {
        _agents.RemoveAll(static agent => agent.IsOver);
        if (Store.IsFaulted && (_isSettling || Random.Next(4) == 0))
            Store.IsFaulted = false;
        if (_agents.Count == 0)
        {
            _lastEpoch = Math.Max(_lastEpoch, Store.Epoch) + 1;
            _agents.Add(new ModelAgent(this, _lastEpoch, _numbers));
        }

        return _agents[Random.Next(_agents.Count)];
    }

    private HandshakeToken RandomToken(long max)
    {
        var position = new Position(Random.NextInt64(max + 1));
        return Random.Next(2) == 0 ? HandshakeToken.Start(position) : HandshakeToken.Delivered(position);
    }

    private void MoveToken()
    {
        var token = RandomToken(Rule.IsOwn && Random.Next(4) == 0 ? ModelLog.MarkMax : Log.Mark);
        var isBackup = Rule.IsOwn && Random.Next(2) == 0 && DeliverySpec.FirstAt(token) <= DeliverySpec.FirstAt(OwnToken);
        Say($"the token is set to {token}, with effects: {isBackup}");
        if (Rule.IsOwn)
        {
            _consumer.Token = ModelAgent.WireOf(token);
        }
        else
        {
            // A rewind is a command to the owner, who begins anew under a higher epoch.
            Store.Rewind(token);
            _agents.ForEach(static agent => agent.Crash());
        }

        Spec.Disrupted();
        Spec.MovedByHand(token, effectsGoBack: isBackup);
    }

    private HandshakeToken OwnToken => _consumer.Token is not { } token ? Start
        : token.Kind == WireTokenKind.Start ? HandshakeToken.Start(new(token.Position)) : HandshakeToken.Delivered(new(token.Position));

    // Nothing fails any more; what was lost is noticed by waiting for it in vain, what was changed by hand by the next state sync.
    private void Settle()
    {
        _isSettling = true;
        Say($"faults end");
        foreach (var former in _agents.FindAll(agent => agent.Epoch < _lastEpoch))
            former.Crash();
        if (OwnToken.After.Value > Log.Mark)
            _consumer.Token = WireToken.Delivered(Log.Mark);
        var isSynced = false;
        for (var n = 0; n < SettleStepsMax && Spec.Violation is null; n++)
        {
            var agent = Agent();
            if (isSynced && agent.IsDone && _consumer.IsIdle && _connections.TrueForAll(static c => c.IsIdle))
            {
                Spec.Ended();
                return;
            }

            isSynced |= agent.Step(maySync: !isSynced);
            Carry(isFaulty: false);
            if (!_consumer.Step(Random) && _consumer.IsIdle && _connections.TrueForAll(static c => c.IsIdle) && agent.IsWaiting)
                agent.TimeOut(connectionToo: true);
        }

        if (Spec.Violation is null)
            Spec.Fail($"it does not come to its end: {_agents.Count} agents");
    }
}
