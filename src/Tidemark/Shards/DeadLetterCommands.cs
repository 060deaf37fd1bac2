using System.Diagnostics.CodeAnalysis;
using Tidemark.HighWater;
using Tidemark.Leases;

namespace Tidemark.Shards;

/// <summary>The commands that wait for a shard's agent, which runs them between its batches. Safe for concurrent use.</summary>
internal sealed class DeadLetterCommands(ShardName shard)
{
    private const int WaitingMax = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<DeadLetterCommand> _waiting = new();
    private readonly AsyncPulse _added = new();
    private bool _isClosed;
    private bool _hasNew;

    /// <summary>Completes when a command is added. Take it, then look, then await.</summary>
    public Task Added => _added.Next;

    /// <summary>Whether a command waits.</summary>
    public bool HasAny
    {
        get
        {
            lock (_gate)
                return _waiting.Count > 0;
        }
    }

    /// <summary>Whether one was added since this was asked last.</summary>
    public bool TakeNews()
    {
        lock (_gate)
        {
            var news = _hasNew;
            _hasNew = false;
            return news;
        }
    }

    /// <exception cref="DeadLetterException">The agent has stopped, or far too many wait.</exception>
    public void Add(DeadLetterCommand command)
    {
        lock (_gate)
        {
            if (_isClosed)
                throw Stopped();
            if (_waiting.Count >= WaitingMax)
                throw new DeadLetterException($"{WaitingMax} commands wait for shard {shard} already; wait for some of them to end.");
            _waiting.Enqueue(command);
            _hasNew = true;
        }

        _added.Fire();
    }

    public bool TryTake([MaybeNullWhen(false)] out DeadLetterCommand command)
    {
        lock (_gate)
            return _waiting.TryDequeue(out command);
    }

    public void Open()
    {
        lock (_gate)
            _isClosed = false;
    }

    /// <summary>Takes no more, and fails those that wait.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            while (_waiting.TryDequeue(out var command))
                command.Fail(Stopped());
        }
    }

    private DeadLetterException Stopped() =>
        new($"Shard {shard} has stopped on this node; nothing was changed. Ask again where it runs.");
}
