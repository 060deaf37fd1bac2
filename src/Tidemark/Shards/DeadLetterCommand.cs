using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>A retry or a discard of a dead letter, asked of a shard's agent.</summary>
/// <param name="Position">The dead letter's position.</param>
/// <param name="Discards">Give the event up, instead of trying it again.</param>
/// <param name="Late">Try it also when its stream has gone on without it.</param>
internal sealed record DeadLetterCommand(Position Position, bool Discards, bool Late)
{
    private readonly TaskCompletionSource<DeadLetterOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// The dead letter as it was found first. When a commit's answer is lost, the next try knows by it that a letter that is gone was
    /// settled by this command.
    /// </summary>
    public DeadLetter? Found { get; set; }

    public Task<DeadLetterOutcome> Done => _done.Task;

    public void End(DeadLetterOutcome outcome) => _done.TrySetResult(outcome);

    public void Fail(Exception error) => _done.TrySetException(error);
}
