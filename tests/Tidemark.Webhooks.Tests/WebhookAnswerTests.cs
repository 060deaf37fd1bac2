using Microsoft.AspNetCore.Http;
using Tidemark.Delivery;
using Tidemark.Shards;
using Tidemark.Testing;

namespace Tidemark.Webhooks.Tests;

/// <summary>What a receiver answers, and what follows.</summary>
public sealed class WebhookAnswerTests : WebhookScene
{
    [Theory]
    [InlineData(408)]
    [InlineData(425)]
    [InlineData(429)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(500, "0")]
    public async Task Status_about_the_receiver_costs_no_attempt(int status, string? retryAfter = null)
    {
        var receiver = await ReceiverAsync(FailAt(2, times: 4, status, retryAfter));
        var sender = await SenderAsync();
        await sender.SubscribeAsync(receiver.Url, Sender.Quick with { AttemptsMax = 1, OnFailure = FailureAction.Skip });
        await sender.AppendAsync(1, 3);
        await receiver.AcceptedAsync(3);

        receiver.Numbers.ShouldBe([1, 2, 3]);
        receiver.Calls.Select(c => c.Numbers[0]).ShouldBe([1, 2, 2, 2, 2, 2, 3]);
        receiver.Calls.Where(c => c.Numbers[0] == 2).Select(c => c.Id).Distinct().ShouldHaveSingleItem();
        (await sender.Host.Daemon.ReadDeadLettersAsync(Sender.Name)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(300)]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(413)]
    [InlineData(422)]
    [InlineData(500)]
    [InlineData(501)]
    public async Task Other_status_fails_the_event_by_policy(int status)
    {
        var receiver = await ReceiverAsync(FailAt(2, times: int.MaxValue, status));
        var sender = await SenderAsync();
        await sender.SubscribeAsync(receiver.Url, Sender.Quick with { AttemptsMax = 3, OnFailure = FailureAction.Skip });
        await sender.AppendAsync(1, 3);
        await receiver.AcceptedAsync(2);

        receiver.Numbers.ShouldBe([1, 3]);
        receiver.Calls.ShouldAllBe(c => c.Path == "/hook");
        var letter = await sender.DeadLetterAsync();
        (letter.Position.Value, letter.Attempts, letter.State).ShouldBe((2, 3, DeadLetterState.Skipped));
        letter.Error.ShouldContain($"http://127.0.0.1:{receiver.Port} answered {status}: not this one");
        letter.ExceptionType.ShouldBe(typeof(WebhookRefusedException).FullName);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(202)]
    [InlineData(204)]
    [InlineData(299)]
    public async Task Any_2xx_is_done(int status)
    {
        var receiver = await ReceiverAsync(FailAt(2, times: 1, status));
        var sender = await SenderAsync();
        await sender.SubscribeAsync(receiver.Url);
        await sender.AppendAsync(1, 3);
        await receiver.CalledAsync(3);

        receiver.Calls.Select(c => c.Numbers[0]).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Gone_stops_the_subscription_until_it_is_resumed()
    {
        var receiver = await ReceiverAsync(FailAt(2, times: 1, 410));
        var sender = await SenderAsync();
        await sender.SubscribeAsync(receiver.Url);
        await sender.AppendAsync(1, 3);
        var failure = await sender.FailureAsync(f => f.IsFaulted);
        failure.Position.Value.ShouldBe(2);
        failure.Reason.ShouldContain("answered 410: not this one (Gone): it wants no more events.");
        receiver.Calls.Count.ShouldBe(2);

        await sender.Host.Control.ResumeAsync(Sender.Name);
        await receiver.AcceptedAsync(3);

        receiver.Numbers.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Refused_batch_is_narrowed_to_the_event_which_is_then_tried_alone()
    {
        var receiver = await ReceiverAsync((call, context) => AnswerAsync(context, call.Numbers.Contains(6) ? 400 : 200));
        var sender = await SenderAsync();
        await sender.AppendTogetherAsync(1, 8);
        await sender.SubscribeAsync(
            receiver.Url, Sender.Quick with { BatchEventsMax = 8, AttemptsMax = 3, OnFailure = FailureAction.Skip });
        await receiver.AcceptedAsync(7);

        receiver.Numbers.ShouldBe([1, 2, 3, 4, 5, 7, 8]);
        string.Join(" ", receiver.Calls.Select(c => $"{c.Numbers[0]}-{c.Numbers[^1]}"))
            .ShouldBe("1-8 1-4 5-8 5-6 5-5 6-7 6-6 6-6 6-6 7-7 8-8");
    }

    [Fact]
    public async Task Parked_stream_keeps_its_order_and_the_others_go_on()
    {
        var isHealed = false;
        var receiver = await ReceiverAsync(
            (call, context) => AnswerAsync(context, !isHealed && call.Numbers.Contains(3) ? 422 : 200));
        var sender = await SenderAsync();
        await sender.SubscribeAsync(receiver.Url, Sender.Quick with { AttemptsMax = 2, OnFailure = FailureAction.Park });

        // Odd numbers are in one stream, even ones in the other.
        await sender.AppendAsync(1, 10, streams: 2);
        await receiver.AcceptedAsync(6);
        receiver.Numbers.ShouldBe([1, 2, 4, 6, 8, 10]);
        await sender.DeadLetterAsync();
        await Eventually.TrueAsync(
            async () => (await sender.Host.Daemon.ReadParkedStreamsAsync(Sender.Name)) is [{ Waiting: 3 }], () => "three wait");

        isHealed = true;
        await sender.Host.Control.RetryDeadLetterAsync(Sender.Name, new(3));
        await sender.AppendAsync(11, 2, streams: 2);
        await receiver.AcceptedAsync(12);

        receiver.Numbers.ShouldBe([1, 2, 4, 6, 8, 10, 3, 5, 7, 9, 11, 12]);
        receiver.Calls.ShouldAllBe(c => c.Events.Count == 1);
    }

    [Fact]
    public async Task Queue_behind_a_dead_letter_is_posted_in_batches_of_the_policy()
    {
        var isHealed = false;
        var receiver = await ReceiverAsync((_, context) => AnswerAsync(context, isHealed ? 200 : 400));
        var sender = await SenderAsync();
        await sender.SubscribeAsync(
            receiver.Url, Sender.Quick with { BatchEventsMax = 4, AttemptsMax = 1, OnFailure = FailureAction.Park });
        await sender.AppendTogetherAsync(1, 10);
        await Eventually.TrueAsync(
            async () => (await sender.Host.Daemon.ReadParkedStreamsAsync(Sender.Name)) is [{ Waiting: 9 }], () => "nine wait");
        isHealed = true;
        await sender.Host.Control.RetryDeadLetterAsync(Sender.Name, new(1));

        receiver.Numbers.ShouldBe(Enumerable.Range(1, 10));
        receiver.Calls.TakeLast(4).ShouldAllBe(c => c.Events.Count <= 4);
    }

    [Theory]
    [InlineData("garbage\r\n\r\n")]
    [InlineData("HTTP/1.1 abc\r\n\r\n")]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    public async Task Answer_that_cannot_be_read_is_a_failed_attempt(string broken)
    {
        await using var receiver = new RawReceiver(
            number => number <= 2 ? broken : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        var sender = await SenderAsync();
        await sender.SubscribeAsync(
            receiver.Url, Sender.Quick with { RetryMin = TimeSpan.FromMilliseconds(100), RetryMax = TimeSpan.FromMilliseconds(200) });
        await sender.AppendAsync(1, 2);
        var failure = await sender.FailureAsync(f => f.Attempts == 2);
        await Eventually.TrueAsync(() => receiver.Connections == 4, () => $"four calls; there are {receiver.Connections}");

        failure.Position.Value.ShouldBe(1);
        failure.Reason.ShouldContain("gave no answer that can be read");
        await Eventually.TrueAsync(
            async () => (await sender.Host.Subscriptions.ReadFailuresAsync()).Count == 0, () => "the failure is forgotten");
    }

    [Fact]
    public async Task Large_body_of_an_answer_is_not_read_to_its_end()
    {
        const int body = 100 * 1024 * 1024;
        await using var receiver = new RawReceiver(
            number => $"HTTP/1.1 {(number == 1 ? 422 : 200)} Large\r\nContent-Length: {body}\r\n\r\n", body);
        var sender = await SenderAsync();
        await sender.SubscribeAsync(receiver.Url, Sender.Quick with { AttemptsMax = 1, OnFailure = FailureAction.Skip });
        await sender.AppendAsync(1, 2);
        var letter = await sender.DeadLetterAsync();
        await Eventually.TrueAsync(() => sender.Host.Daemon.Status().Shards.All(s => s.Position.Value == 2), () => "both are passed");

        letter.Error.Length.ShouldBeLessThan(4000);
        receiver.Sent.ShouldBeLessThan(32 * 1024 * 1024);
    }

    [Fact]
    public async Task Headers_that_do_not_end_are_a_failed_attempt()
    {
        await using var receiver = new RawReceiver(_ => "HTTP/1.1 200 OK\r\nX: " + new string('x', 100_000) + "\r\n\r\n");
        var sender = await SenderAsync();
        await sender.SubscribeAsync(receiver.Url);
        await sender.AppendAsync(1, 1);

        (await sender.FailureAsync(_ => true)).Reason.ShouldContain("gave no answer that can be read");
    }

    [Fact]
    public async Task Secret_and_path_are_in_no_log_no_status_and_no_record()
    {
        using var logs = new LogLines();
        var calls = 0;
        var receiver = await ReceiverAsync((_, context) =>
        {
            context.Response.StatusCode = Interlocked.Increment(ref calls) <= 2 ? 503 : 400;
            return context.Response.WriteAsync($"your secret {Sender.Secret}, also {Sender.Secret["whsec_".Length..]}, is known");
        });
        var sender = Open(await Sender.StartAsync(Databases, logs: logs));
        await sender.SubscribeAsync(
            new Uri(receiver.Url, "/hook/path-token?key=query-token"),
            Sender.Quick with { AttemptsMax = 2, OnFailure = FailureAction.Skip });
        await sender.AppendAsync(1, 2);
        await sender.UntilAsync(e => e.Category == ErrorCategory.Delivery, "a pause");
        await Eventually.TrueAsync(async () => (await sender.Host.Daemon.ReadDeadLettersAsync(Sender.Name)).Count == 2, () => "letters");
        var shown = string.Join('\n', [
            logs.Text, .. sender.Errors.Select(e => e.Exception.ToString()),
            .. (await sender.Host.Daemon.ReadDeadLettersAsync(Sender.Name)).Select(l => l.ToString()),
            .. (await sender.Host.Subscriptions.ReadAsync()).Select(s => s.ToString()),
            .. (await sender.Host.Control.ReadStatusAsync()).Shards.Select(s => s.ToString())]);

        shown.ShouldContain("your secret (secret), also (secret), is known");
        shown.ShouldContain("Secret = set");
        shown.ShouldNotContain(Sender.Secret["whsec_".Length..]);
        shown.ShouldNotContain("path-token");
        shown.ShouldNotContain("query-token");
    }

    private static Func<Call, HttpContext, Task> FailAt(int number, int times, int status, string? retryAfter = null)
    {
        var left = times;
        return async (call, context) =>
        {
            if (!call.Numbers.Contains(number) || Interlocked.Decrement(ref left) < 0)
                return;
            if (retryAfter is not null)
                context.Response.Headers.RetryAfter = retryAfter;
            context.Response.Headers.Location = "/elsewhere";
            await AnswerAsync(context, status);
        };
    }

    private static Task AnswerAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return status is 200 or 204 ? Task.CompletedTask : context.Response.WriteAsync("not\nthis one");
    }
}
