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
    /// <summary>A subscription by its name; null when there is none such.</summary>
    public async ValueTask<Subscription?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (directory.Find(name) is { } known)
            return known;
        await directory.RefreshAsync(cancellationToken).ConfigureAwait(false);
        return directory.Find(name);
    }

    /// <summary>Why a hello for a subscription is refused here; null when it is not.</summary>
    public RejectFrame? Judge(Subscription? found, HelloFrame hello)
    {
        if (found is not { Definition: { Kind: SubscriptionKind.Remote } definition })
        {
            return new RejectFrame(
                ErrorCode.UnknownSubscription,
                $"There is no subscription '{hello.Subscription}' for remote consumers. Make it with SubscriptionDirectory.CreateAsync.");
        }

        if (definition.KeepsOwnToken != (hello.Tokens == TokenKeeping.Own))
        {
            return new RejectFrame(
                ErrorCode.WrongTokens,
                $"The tokens of '{hello.Subscription}' are kept by {(definition.KeepsOwnToken ? "its consumer" : "the server")}.");
        }

        return hello.Tenant is { } tenant && definition.Tenant?.Value != tenant
            ? new RejectFrame(
                ErrorCode.Forbidden, $"'{hello.Subscription}' is no subscription to tenant '{tenant}' alone; make one for that tenant.")
            : Look(found);
    }

    /// <summary>A subscription as it stands now; null when it is gone.</summary>
    public Subscription? Current(Subscription subscription) =>
        directory.Find(subscription.Name) is { } now && now.Incarnation == subscription.Incarnation ? now : null;

    /// <summary>Why this node no longer serves a subscription; null while it does.</summary>
    public DropFrame? Recheck(Subscription subscription) =>
        Current(subscription) is not { } now || now.Definition.Policy.BatchEventsMax != subscription.Definition.Policy.BatchEventsMax
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
}
