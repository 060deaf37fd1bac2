using Tidemark.Events;

namespace Tidemark.Webhooks;

/// <summary>A receiver did not take what was posted to it. The message shows its answer, but neither path nor secret.</summary>
public sealed class WebhookRefusedException : TidemarkException
{
    internal WebhookRefusedException(string message, int? status, Exception? inner = null)
        : base(message, inner) => Status = status;

    /// <summary>The HTTP status of the answer; null when there was none that could be read.</summary>
    public int? Status { get; }
}
