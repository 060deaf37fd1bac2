using Tidemark.Checkpoints;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Delivery;

/// <summary>The way to the consumer of one shard: in the process, over a connection, by HTTP. Calls come one at a time. One that
/// is <see cref="IDisposable"/> is disposed when its shard ends here.</summary>
internal interface IDeliveryTarget
{
    /// <summary>Who keeps the token.</summary>
    TokenKeeper Keeper { get; }

    /// <summary>Whether it needs the decoded objects of events; events that cannot be decoded then fail.</summary>
    bool NeedsData { get; }

    /// <summary>Whether it needs the stored JSON of events.</summary>
    bool NeedsJson { get; }

    /// <summary>Whether it writes in the transaction that moves the token.</summary>
    bool IsTransactional { get; }

    /// <summary>
    /// Completes when somebody else than was asked last has to be asked, or nobody is there any more; null when that cannot happen. What
    /// is handed over until then still goes to who was asked last.
    /// </summary>
    Task? Moved => null;

    /// <summary>Whether everything up to a position was delivered, or the shard fell behind. Called often; returns at once.</summary>
    void Show(bool isLive, Position position)
    {
    }

    /// <summary>Tells the consumer, if there is a way to, that its token lies behind the end of the log.</summary>
    void Refuse(TokenAheadException ahead)
    {
    }

    /// <summary>The handshake: returns the consumer's own token; null when it has none, or does not keep it.</summary>
    /// <exception cref="NoConsumerException">Nobody is attached.</exception>
    /// <exception cref="ConsumerMovedException">Somebody else is to be asked.</exception>
    ValueTask<HandshakeToken?> AskAsync(HandshakeQuestion question, CancellationToken cancellationToken);

    /// <summary>Hands a batch over and returns what came back for it.</summary>
    /// <param name="offer">The number and tokens that travel with it.</param>
    /// <param name="batch">The events.</param>
    /// <param name="transaction">The open transaction; null unless <see cref="IsTransactional"/>.</param>
    /// <param name="cancellationToken">Ends the wait; the offer is void then.</param>
    /// <exception cref="NoConsumerException">Nobody is attached any more.</exception>
    /// <exception cref="ConsumerMovedException">Who was asked last is gone, and somebody else is there.</exception>
    ValueTask<DeliveryAnswer> DeliverAsync(
        DeliveryOffer offer, DeliveryBatch batch, IStoreTransaction? transaction, CancellationToken cancellationToken);
}
