using Tidemark.Events;
using Tidemark.Projections;

namespace Tidemark.Tests.Fixtures;

public sealed record Reminder(string Account, long Amount);

/// <summary>The deposits of an account; each is noted in another stream and told to the owner.</summary>
public sealed class Reminders : SingleStreamProjection<Book>
{
    /// <param name="version">The version.</param>
    /// <param name="trap">Called before an event raises anything.</param>
    public Reminders(int version = 1, Action<RecordedEvent>? trap = null)
    {
        Version = version;
        Initial(key => new(key, 0, 0));
        On<Deposited>((b, e) => b with { Total = b.Total + e.Data.Amount, Entries = b.Entries + 1 });
        Raise<Deposited>((b, e) =>
        {
            trap?.Invoke(e.Recorded);
            return
            [
                SideEffect.Append($"notes-{e.StreamId}", new Noted($"{b!.Total} after {e.Position}")),
                SideEffect.Publish("reminder", new Reminder(e.StreamId, b.Total)),
                SideEffect.Append("notes", new Noted("first"), new Noted("second")),
            ];
        });
        Raise<Closed>((b, e) => b is null ? [] : [SideEffect.Publish("closed", new Reminder(e.StreamId, b.Total))]);
    }
}

/// <summary>Keeps what was published, and fails on demand.</summary>
public sealed class Mailbox : IOutboxPublisher
{
    private readonly Lock _gate = new();
    private readonly List<OutboxMessage> _messages = [];

    /// <summary>Before messages count as published.</summary>
    public Func<IReadOnlyList<OutboxMessage>, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>After they were published, before the store hears of it.</summary>
    public Func<Task> After { get; set; } = () => Task.CompletedTask;

    public IReadOnlyList<OutboxMessage> Messages
    {
        get
        {
            lock (_gate)
                return [.. _messages];
        }
    }

    public async ValueTask PublishAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken)
    {
        await Before(messages).WaitAsync(cancellationToken);
        lock (_gate)
            _messages.AddRange(messages);
        await After();
    }
}
