using Tidemark.Checkpoints;
using Tidemark.Delivery;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Protocol;
using Tidemark.Protocol.Frames;
using Tidemark.Storage;

namespace Tidemark.AspNetCore;

/// <summary>The way from a shard to the member that its partition belongs to.</summary>
internal sealed class RemoteTarget(ShardName shard, bool keepsOwnToken, MemberGroup group)
    : IDeliveryTarget, IDisposable
{
    private readonly AsyncPulse _moved = new();
    private MemberConnection? _asked;
    private MemberConnection? _shown;

    /// <summary>The partition's name on the wire.</summary>
    public string Partition { get; } = shard.Database == StorageContext.MainDatabase ? $"{shard.Slots}" : $"{shard.Slots}@{shard.Database}";

    /// <inheritdoc />
    public TokenKeeper Keeper => keepsOwnToken ? TokenKeeper.Consumer : TokenKeeper.Store;

    /// <inheritdoc />
    public bool NeedsData => false;

    /// <inheritdoc />
    public bool NeedsJson => true;

    /// <inheritdoc />
    public bool IsTransactional => false;

    /// <inheritdoc />
    public Task? Moved
    {
        get
        {
            var moved = _moved.Next;
            return group.MemberOf(this) == _asked ? moved : Task.CompletedTask;
        }
    }

    /// <inheritdoc />
    public void Show(bool isLive, Position position)
    {
        if (!isLive)
            _shown = null;
        else if (_asked is { } member && _shown != member)
            (_shown = member).Show(new CaughtUpFrame(Partition, position.Value));
    }

    /// <inheritdoc />
    public void Refuse(TokenAheadException ahead) => _asked?.Drop(ErrorCode.AheadOfLog, ahead.Message);

    /// <summary>The partition belongs to another member now, or to none.</summary>
    public void Move() => _moved.Fire();

    /// <summary>Its shard runs here.</summary>
    public void Begin() => group.Add(this);

    /// <summary>Its shard has ended here.</summary>
    public void Dispose()
    {
        group.Remove(this);
        _asked?.Revoke(Partition);
        _asked = null;
    }

    /// <inheritdoc />
    public async ValueTask<HandshakeToken?> AskAsync(HandshakeQuestion question, CancellationToken cancellationToken)
    {
        var attached = _moved.Next;
        var member = group.MemberOf(this);
        if (_asked != member)
            _asked?.Revoke(Partition);
        _asked = member;
        if (member is null)
            throw new NoConsumerException(shard, attached);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var answer = member.AskAsync(new AskFrame(Partition, question.Number, ToWire(question.Fallback)), enough.Token).AsTask();
            await Task.WhenAny(answer, Moved!).ConfigureAwait(false);
            if (!answer.IsCompleted)
                await enough.CancelAsync().ConfigureAwait(false);
            return await answer.ConfigureAwait(false) is { } token ? FromWire(token) : null;
        }
        catch (Exception e) when (e is MemberLostException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Gone();
        }
    }

    /// <inheritdoc />
    public async ValueTask<DeliveryAnswer> DeliverAsync(
        DeliveryOffer offer, DeliveryBatch batch, IStoreTransaction? transaction, CancellationToken cancellationToken)
    {
        var member = _asked ?? throw Gone();
        var delivery = Cut(offer, batch, member.Credit);
        try
        {
            return await member.DeliverAsync(delivery, cancellationToken).ConfigureAwait(false) switch
            {
                AckFrame ack => DeliveryAnswer.Of(OutcomeOf(ack, delivery, offer)),
                TokenFrame { Token: { } token } => DeliveryAnswer.Elsewhere(FromWire(token)),
                var other => throw new InvalidOperationException($"{other} is no answer to a delivery."),
            };
        }
        catch (MemberLostException)
        {
            throw Gone();
        }
    }

    // Who was asked is gone, or has nothing to say any more: somebody else is there, or nobody.
    private Exception Gone()
    {
        var attached = _moved.Next;
        return group.MemberOf(this) is null ? new NoConsumerException(shard, attached) : new ConsumerMovedException();
    }

    // As many events as the member takes at once, at least one; the rest follows when they are answered. Those of a dead letter, which lie
    // behind the token, are not divided: their answer cannot say how far it got.
    private DeliverFrame Cut(DeliveryOffer offer, DeliveryBatch batch, MemberCredit credit)
    {
        var isLate = offer.Through <= offer.Offered.After;
        var events = batch.Events.Span;
        var wire = new List<WireEvent>(events.Length);
        var bytes = 0L;
        foreach (var e in events)
        {
            var next = ToWire(e);
            bytes += next.WireBytes;
            if (!isLate && wire.Count > 0 && (wire.Count >= credit.EventsMax || bytes > credit.BytesMax))
                break;
            wire.Add(next);
        }

        var through = wire.Count == events.Length ? offer.Through.Value : wire[^1].Position;
        return new DeliverFrame(Partition, offer.Number, ToWire(offer.Offered), through, wire);
    }

    private static DeliveryOutcome OutcomeOf(AckFrame ack, DeliverFrame delivery, DeliveryOffer offer)
    {
        var through = ack.Through is { } done ? new Position(done) : (Position?)null;
        return ack.Outcome switch
        {
            AckOutcome.Done when (ack.Through ?? delivery.Through) == offer.Through.Value => DeliveryOutcome.Done,
            AckOutcome.Done => DeliveryOutcome.DoneThrough(new Position(ack.Through ?? delivery.Through)),
            AckOutcome.RetryAfter => DeliveryOutcome.RetryAfter(DelayOf(ack), ack.Reason!, through),
            AckOutcome.Park => DeliveryOutcome.Park(ack.Reason!, through),
            AckOutcome.Skip => DeliveryOutcome.Skip(ack.Reason!, through),
            AckOutcome.Stop => DeliveryOutcome.Stop(ack.Reason!, through),
            _ => throw new InvalidOperationException($"{ack.Outcome} is no outcome."),
        };
    }

    // A day is longer than any back-off; a client's number could be beyond what a time span holds.
    private static TimeSpan DelayOf(AckFrame ack) =>
        TimeSpan.FromMilliseconds(Math.Min(ack.RetryAfterMs ?? 0, (long)TimeSpan.FromDays(1).TotalMilliseconds));

    private static WireToken ToWire(HandshakeToken token) => token.Kind == HandshakeTokenKind.Start
        ? WireToken.Start(token.Position.Value)
        : WireToken.Delivered(token.Position.Value);

    private static HandshakeToken FromWire(WireToken token) => token.Kind == WireTokenKind.Start
        ? HandshakeToken.Start(new Position(token.Position))
        : HandshakeToken.Delivered(new Position(token.Position));

    private static WireEvent ToWire(RecordedEvent e) => new(
        e.Position.Value, e.Id, e.TypeName, e.StreamId.Value, e.Version.Value, e.Tenant.Value, e.RecordedAt, e.Json, e.MetadataJson);
}
