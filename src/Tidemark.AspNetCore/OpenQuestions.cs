using Tidemark.Protocol;
using Tidemark.Protocol.Frames;

namespace Tidemark.AspNetCore;

/// <summary>The questions of one connection: of each partition the latest number, and the one that is open. Thread-safe.</summary>
internal sealed class OpenQuestions
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Latest, OpenQuestion? Open)> _partitions = new(StringComparer.Ordinal);
    private bool _isOver;

    /// <summary>Opens a question; the one before it in its partition is void.</summary>
    /// <exception cref="MemberLostException">The connection has ended.</exception>
    public void Open(string partition, OpenQuestion question)
    {
        lock (_gate)
        {
            if (_isOver)
                throw new MemberLostException();
            _partitions[partition] = (question.Number, question);
        }
    }

    /// <summary>Nobody waits for the answer any more; one that comes is passed over.</summary>
    public void Close(string partition, OpenQuestion question)
    {
        lock (_gate)
        {
            if (_partitions.TryGetValue(partition, out var known) && known.Open == question)
                _partitions[partition] = known with { Open = null };
        }
    }

    /// <summary>An answer has come.</summary>
    /// <exception cref="ProtocolException">It answers what was never asked, or contradicts its question.</exception>
    public void Take(Frame answer)
    {
        if (answer is TokenFrame token)
            Find(token.Partition, token.Number)?.Take(token);
        else if (answer is AckFrame ack)
            Find(ack.Partition, ack.Number)?.Take(ack);
    }

    /// <summary>The connection has ended.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true;
            foreach (var (_, open) in _partitions.Values)
                open?.Lose();
        }
    }

    private OpenQuestion? Find(string partition, long number)
    {
        lock (_gate)
        {
            if (!_partitions.TryGetValue(partition, out var known))
                throw new ProtocolException(ErrorCode.BadAnswer, $"Nothing was asked about partition '{partition}' on this connection.");
            if (number > known.Latest)
            {
                throw new ProtocolException(
                    ErrorCode.BadAnswer, $"Number {number} was never given in partition '{partition}' (the latest is {known.Latest}).");
            }

            return known.Open?.Number == number ? known.Open : null;
        }
    }
}
