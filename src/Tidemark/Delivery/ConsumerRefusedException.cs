using Tidemark.Events;

namespace Tidemark.Delivery;

/// <summary>A consumer answered that it does not take an event; the message is its reason.</summary>
public sealed class ConsumerRefusedException : TidemarkException
{
    internal ConsumerRefusedException(string reason)
        : base(reason)
    {
    }
}
