using Tidemark.HighWater;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Marks;

/// <summary>Hints between processes. They may be lost, so a test that waits for one sends it until it arrives.</summary>
public abstract class WakeUpTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    [Fact]
    public async Task Notify_without_a_listener_does_nothing() => await Storage.WakeUp.NotifyAsync(WakeUp.Appended, Token);

    [Fact]
    public async Task Hint_after_an_append_reaches_a_listener_in_another_process_where_the_store_can_listen()
    {
        await using var other = Store.OpenAgain();
        if (!other.WakeUp.CanListen)
            return;

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var listening = other.WakeUp.ListenAsync(
            what => _ = what != WakeUp.Appended || begun.TrySetResult() || woken.TrySetResult(), stop.Token);
        await begun.Task.WaitAsync(Token);
        while (!woken.Task.IsCompleted)
        {
            await AppendAsync("order-1");
            await Storage.WakeUp.NotifyAsync(WakeUp.Appended, Token);
            await Task.WhenAny(woken.Task, listening, Task.Delay(TimeSpan.FromMilliseconds(20), Token));
            listening.IsCompleted.ShouldBeFalse(listening.Exception?.ToString());
        }

        await stop.CancelAsync();
        await listening.ContinueWith(_ => { }, TaskScheduler.Default);
        (listening.IsCanceled || listening.IsCompletedSuccessfully).ShouldBeTrue(listening.Exception?.ToString());
    }

    [Fact]
    public async Task Notify_inside_an_open_append_is_not_held_up_by_it()
    {
        await using var transaction = await Log.BeginAsync(Token);
        await Log.AppendAsync(transaction, [Make.Append("order-1", Events.ExpectedVersion.Any)], Token);

        await Storage.WakeUp.NotifyAsync(WakeUp.Appended, Token);

        await transaction.CommitAsync(Token);
    }
}
