using Microsoft.Extensions.Options;
using Tidemark.Delivery;
using Tidemark.Hosting;
using Tidemark.Protocol;
using Tidemark.Protocol.Frames;

namespace Tidemark.AspNetCore;

/// <summary>Says whether this node serves a subscription to who says hello, and who does otherwise.</summary>
internal sealed class DeliveryPlaces(
    SubscriptionDirectory directory, Daemon daemon, DeliveryHub hub, IOptions<DeliveryOptions> options)
{
    /// <summary>The subscription that a hello asks for, or why it is refused.</summary>
    public async ValueTask<(Subscription? Subscription, RejectFrame? Reject)> FindAsync(
        HelloFrame hello, CancellationToken cancellationToken)
    {
        var found = directory.Find(hello.Subscription);
        if (found is null)
        {
            await directory.RefreshAsync(cancellationToken).ConfigureAwait(false);
            found = directory.Find(hello.Subscription);
        }

        if (found is not { Definition.Kind: SubscriptionKind.Remote })
        {
            return Refused(
                ErrorCode.UnknownSubscription,
                $"There is no subscription '{hello.Subscription}' for remote consumers. Make it with SubscriptionDirectory.CreateAsync.");
        }

        if (found.Definition.KeepsOwnToken != (hello.Tokens == TokenKeeping.Own))
        {
            return Refused(
                ErrorCode.WrongTokens,
                $"The tokens of '{hello.Subscription}' are kept by {(found.Definition.KeepsOwnToken ? "its consumer" : "the server")}.");
        }

        if (hello.Tenant is { } tenant && found.Definition.Tenant?.Value != tenant)
        {
            return Refused(
                ErrorCode.Forbidden, $"'{hello.Subscription}' is no subscription to tenant '{tenant}' alone; make one for that tenant.");
        }

        return Look(found) is { } reject ? (null, reject) : (found, null);
    }

    /// <summary>Why this node no longer serves a subscription; null while it does.</summary>
    public DropFrame? Recheck(Subscription subscription) =>
        directory.Find(subscription.Name) is not { } now || now.Incarnation != subscription.Incarnation
        || now.Definition.Policy.BatchEventsMax != subscription.Definition.Policy.BatchEventsMax
            ? new DropFrame(ErrorCode.SubscriptionChanged, $"Subscription '{subscription.Name}' was changed or removed; connect again.")
        : Look(subscription) is { } reject ? new DropFrame(ErrorCode.SubscriptionChanged, reject.Message) : null;

    // A subscription whose shards nobody runs yet is served: they may come here.
    private RejectFrame? Look(Subscription subscription)
    {
        if (hub.GroupOf(subscription).HasPartitions)
            return null;
        if (daemon.Node is not { } node)
            return new RejectFrame(ErrorCode.ServerError, "The daemon does not run in this process.");
        var book = node.Book;
        var owners = book.Shards.Values
            .Where(l => l.Shard.Projection == subscription.Name && l.Shard.Generation == subscription.Incarnation)
            .Select(book.OwnerOf).OfType<Guid>().ToHashSet();
        if (owners.Count == 0 || owners.Contains(node.Id))
            return null;
        var owner = book.Nodes.First(n => owners.Contains(n.Id)).Name;
        return new RejectFrame(
            ErrorCode.Moved, $"Node {owner} delivers '{subscription.Name}'.",
            options.Value.NodeUrls.TryGetValue(owner, out var url) ? url : null);
    }

    private static (Subscription? Subscription, RejectFrame? Reject) Refused(ErrorCode code, string message) =>
        (null, new RejectFrame(code, message));
}
