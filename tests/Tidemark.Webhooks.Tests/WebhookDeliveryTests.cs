using Microsoft.AspNetCore.Http;
using Tidemark.Delivery;
using Tidemark.Shards;
using Tidemark.Sqlite;
using Tidemark.Testing;

namespace Tidemark.Webhooks.Tests;

/// <summary>Events reach a receiver, each once and in order, while both sides come and go.</summary>
public sealed class WebhookDeliveryTests : WebhookScene
{
    [Fact]
    public async Task Single_events_arrive_signed_and_in_order()
    {
        var receiver = await ReceiverAsync();
        var sender = await SenderAsync();
        await sender.SubscribeAsync(receiver.Url);
        await sender.AppendAsync(1, 20, streams: 3);
        await receiver.AcceptedAsync(20);

        receiver.Numbers.ShouldBe(Enumerable.Range(1, 20));
        foreach (var call in receiver.Calls)
        {
            call.Verify(Sender.Secret).ShouldBe(WebhookVerdict.Valid);
            call.ContentType.ShouldBe("application/cloudevents+json; charset=utf-8");
            var e = call.Events.ShouldHaveSingleItem();
            CloudEventRules.Check(e);
            call.Id.ShouldBe(e.GetProperty("id").GetString());
        }
    }

    [Fact]
    public async Task Batches_arrive_signed_and_in_order()
    {
        var receiver = await ReceiverAsync();
        var sender = await SenderAsync();
        await sender.AppendAsync(1, 25, streams: 3);
        await sender.SubscribeAsync(receiver.Url, Sender.Quick with { BatchEventsMax = 10 });
        await receiver.AcceptedAsync(25);

        receiver.Numbers.ShouldBe(Enumerable.Range(1, 25));
        receiver.Calls.Select(c => c.Events.Count).ShouldBe([10, 10, 5]);
        receiver.Calls.Select(c => c.Id).ShouldBeUnique();
        foreach (var call in receiver.Calls)
        {
            call.Verify(Sender.Secret).ShouldBe(WebhookVerdict.Valid);
            call.ContentType.ShouldBe("application/cloudevents-batch+json; charset=utf-8");
            call.Events.ToList().ForEach(CloudEventRules.Check);
        }

        foreach (var stream in receiver.Calls.SelectMany(c => c.Events).GroupBy(e => e.GetProperty("subject").GetString()))
            stream.Select(e => int.Parse(e.GetProperty("streamversion").GetString()!)).ShouldBeInOrder();
    }

    [Fact]
    public async Task Without_a_secret_calls_are_not_signed()
    {
        var receiver = await ReceiverAsync();
        var sender = await SenderAsync();
        await sender.SubscribeAsync(receiver.Url, secret: null);
        await sender.AppendAsync(1, 1);
        await receiver.AcceptedAsync(1);

        receiver.Calls[0].Headers.Keys.ShouldNotContain(WebhookHeaders.Signature);
    }

    [Fact]
    public async Task While_a_secret_is_exchanged_the_old_and_the_new_one_verify()
    {
        var receiver = await ReceiverAsync();
        var sender = await SenderAsync();
        var next = WebhookSecret.Make();
        await sender.SubscribeAsync(receiver.Url, secret: $"{Sender.Secret} {next}");
        await sender.AppendAsync(1, 1);
        await receiver.AcceptedAsync(1);

        receiver.Calls[0].Verify(Sender.Secret).ShouldBe(WebhookVerdict.Valid);
        receiver.Calls[0].Verify(next).ShouldBe(WebhookVerdict.Valid);
        receiver.Calls[0].Verify(WebhookSecret.Make()).ShouldBe(WebhookVerdict.WrongSignature);
    }

    [Fact]
    public async Task Receiver_that_is_down_and_comes_back_gets_everything_and_no_attempt_is_counted()
    {
        var first = await Receiver.StartAsync();
        var (port, url) = (first.Port, first.Url);
        await first.DisposeAsync();
        var sender = await SenderAsync();
        await sender.SubscribeAsync(url, Sender.Quick with { AttemptsMax = 1, OnFailure = FailureAction.Skip, BatchEventsMax = 7 });
        await sender.AppendAsync(1, 30, streams: 2);
        await sender.UntilAsync(e => e.Attempts >= 5 && e.Category == ErrorCategory.Delivery, "the shard has tried five times");
        (await sender.Host.Subscriptions.ReadFailuresAsync()).ShouldBeEmpty();

        var receiver = await ReceiverAsync(port: port);
        await receiver.AcceptedAsync(30);

        receiver.Numbers.ShouldBe(Enumerable.Range(1, 30));
        (await sender.Host.Daemon.ReadDeadLettersAsync(Sender.Name)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Call_whose_answer_is_lost_in_a_restart_is_repeated_alone_and_under_the_same_id()
    {
        var folder = Directory.CreateTempSubdirectory("tidemark-webhooks-");
        try
        {
            await RestartAsync(Path.Combine(folder.FullName, "events.db"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Receiver_that_hangs_is_given_up_in_time_and_holds_up_nobody_else()
    {
        var hangs = 2;
        var slow = await ReceiverAsync((_, context) => Interlocked.Decrement(ref hangs) >= 0
            ? Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(
                _ => context.Response.StatusCode = 500, TaskScheduler.Default)
            : Task.CompletedTask);
        var quick = await ReceiverAsync();
        var sender = await SenderAsync();
        await sender.SubscribeAsync(slow.Url, Sender.Quick with { CallTimeout = TimeSpan.FromMilliseconds(300) });
        await sender.SubscribeAsync(quick.Url, name: "others");
        await sender.AppendAsync(1, 10);
        await quick.AcceptedAsync(10);
        (await sender.FailureAsync(f => f.Shard.Projection == Sender.Name)).Reason.ShouldContain("did not answer within");
        await slow.AcceptedAsync(10);

        slow.Numbers.ShouldBe(Enumerable.Range(1, 10));
        slow.Calls.Count.ShouldBe(12);
    }

    private async Task RestartAsync(string file)
    {
        var accept = false;
        var receiver = await ReceiverAsync((call, context) => accept || call.Numbers[0] < 6
            ? Task.CompletedTask
            : Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(
                _ => context.Response.StatusCode = 500, TaskScheduler.Default));
        await using (var first = await Sender.StartAsync(t => t.UseSqlite(file).Configure(o => o.DrainTimeout = TimeSpan.Zero)))
        {
            await first.AppendTogetherAsync(1, 12);
            await first.SubscribeAsync(receiver.Url, Sender.Quick with { BatchEventsMax = 5 });

            // The second batch is processed there, and the process ends before it knows.
            await receiver.CalledAsync(2);
        }

        accept = true;
        Open(await Sender.StartAsync(t => t.UseSqlite(file)));
        await receiver.AcceptedAsync(12);

        receiver.Calls.Select(c => (c.Numbers[0], c.Numbers[^1])).ShouldBe([(1, 5), (6, 10), (6, 10), (11, 12)]);
        receiver.Calls[2].Id.ShouldBe(receiver.Calls[1].Id);
        receiver.Calls[2].Body.ShouldBe(receiver.Calls[1].Body);
        receiver.Calls.Select(c => c.Id).Distinct().Count().ShouldBe(3);
    }
}
