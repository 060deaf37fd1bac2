using Tidemark.Events;
using Tidemark.Shards;

namespace Tidemark.Testing.InMemory;

/// <summary>Dead letters in memory.</summary>
internal sealed class InMemoryDeadLetterStore(MemoryDatabase database) : IDeadLetterStore
{
    public ValueTask<IReadOnlyList<DeadLetter>> ReadAsync(
        string? projection, Position after, int countMax, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        DeadLetter[] wanted =
        [
            .. database.Committed.DeadLetters.Values
                .Where(d => d.Position > after && (projection is null || d.Shard.Projection == projection))
                .OrderBy(d => d.Position)
                .ThenBy(d => d.Shard.ToString(), CodePointOrder.Instance),
        ];
        return ValueTask.FromResult<IReadOnlyList<DeadLetter>>(
            countMax < wanted.Length ? [.. wanted.TakeWhile(d => d.Position <= wanted[countMax - 1].Position)] : wanted);
    }
}
