using Tidemark.Protocol.Frames;

namespace Tidemark.Protocol.Sessions;

/// <summary>What a consumer does next.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Frame">The frame to send, to process, or to show; for <see cref="ConsumerStepKind.ReadToken"/> the ask. Null when there
/// is nothing to do.</param>
public readonly record struct ConsumerStep(ConsumerStepKind Kind, Frame? Frame)
{
    /// <summary>Nothing to do.</summary>
    public static readonly ConsumerStep None;
}
