namespace Tidemark.Delivery;

/// <summary>A key that was just made: the only moment at which its text is known.</summary>
public sealed class NewDeliveryKey
{
    internal NewDeliveryKey(DeliveryKey key, string text) => (Key, Text) = (key, text);

    /// <summary>The key as it is stored.</summary>
    public DeliveryKey Key { get; }

    /// <summary>What the consumer sends: <c>Authorization: Bearer</c> and this. A secret; it cannot be read again.</summary>
    public string Text { get; }

    /// <summary>Names the key without its secret.</summary>
    public override string ToString() => $"{Key.Name} ({Key.Id})";
}
