namespace Tidemark.Delivery;

/// <summary>Who consumes the events of a subscription. Stored by number.</summary>
public enum SubscriptionKind
{
    /// <summary>Code of the application, in the processes that registered it under the subscription's name.</summary>
    InProcess = 0,

    /// <summary>Processes elsewhere that connect and ask for the events; several of them share the partitions.</summary>
    Remote = 1,

    /// <summary>An HTTP address that each event is posted to.</summary>
    Webhook = 2,
}
