using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Tidemark.Delivery;
using Tidemark.Telemetry;
using Tidemark.Testing;

namespace Tidemark.Webhooks.Tests;

/// <summary>One caller, with a clock of the test's own.</summary>
public sealed class WebhookCallerTests : IAsyncLifetime
{
    private static readonly DeliveryPolicy Slow = Sender.Quick with
    {
        RetryMin = TimeSpan.FromSeconds(10),
        RetryMax = TimeSpan.FromSeconds(60),
    };

    private readonly ManualClock _clock = new();
    private readonly SocketsHttpHandler _handler = WebhookConnections.MakeHandler(new AddressGuard(allowsPrivate: true));
    private Receiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _handler.Dispose();
        await _receiver.DisposeAsync();
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("0", 10)]
    [InlineData("3", 10)]
    [InlineData("999999", 3600)]
    [InlineData("99999999999999999999", 10)]
    [InlineData("-5", 10)]
    [InlineData("soon", 10)]
    [InlineData(null, 10)]
    [InlineData("Tue, 01 Jan 2030 00:05:00 GMT", 300)]
    [InlineData("Mon, 31 Dec 2029 00:00:00 GMT", 10)]
    [InlineData("Sun, 01 Jan 2040 00:00:00 GMT", 3600)]
    public async Task Wait_that_the_receiver_asks_for_is_kept_within_bounds(string? header, int seconds)
    {
        _receiver.OnCall = (_, context) =>
        {
            context.Response.StatusCode = 429;
            if (header is not null)
                context.Response.Headers.RetryAfter = header;
            return Task.CompletedTask;
        };

        var error = await Should.ThrowAsync<DeliveryFailedException>(() => Caller().DeliverAsync(default, Recorded.Event()));

        // Chance makes the back-off up to a fifth shorter, never what the receiver asked for.
        error.Pause!.Value.TotalSeconds.ShouldBeInRange(seconds == 10 ? 8 : seconds, seconds);
        error.Failure.ShouldBeNull();
    }

    [Fact]
    public async Task Pauses_grow_while_the_receiver_is_away_and_begin_anew_when_it_is_back()
    {
        var status = 503;
        _receiver.OnCall = (_, context) =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        var caller = Caller();
        var pauses = new List<double>();
        for (var i = 0; i < 5; i++)
            pauses.Add((await AwayAsync(caller)).Pause!.Value.TotalSeconds);
        status = 200;
        await caller.DeliverAsync(default, Recorded.Event());
        status = 503;
        pauses.Add((await AwayAsync(caller)).Pause!.Value.TotalSeconds);

        double[] longest = [10, 20, 40, 60, 60, 10];
        for (var i = 0; i < longest.Length; i++)
            pauses[i].ShouldBeInRange(longest[i] * 0.8, longest[i]);
    }

    [Fact]
    public async Task Call_without_an_answer_ends_after_the_time_that_a_call_may_take()
    {
        var came = new TaskCompletionSource();
        _receiver.OnCall = (_, context) =>
        {
            came.TrySetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        var call = Caller().DeliverAsync(default, Recorded.Event());
        await came.Task.WaitAsync(Eventually.Patience);
        _clock.Advance(TimeSpan.FromSeconds(29));
        call.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromSeconds(1));

        (await Should.ThrowAsync<ConsumerTimeoutException>(() => call)).Message.ShouldContain("00:00:30");
    }

    [Fact]
    public async Task Body_of_a_refusal_that_does_not_come_is_not_waited_for()
    {
        _receiver.OnCall = async (_, context) =>
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync("half ");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        var call = Caller().DeliverAsync(default, Recorded.Event());

        // The limit of the call, and, once the headers have come, that of the body.
        await _clock.WaitForTimersAsync(2).WaitAsync(Eventually.Patience);
        await Eventually.TrueAsync(
            () =>
            {
                _clock.Advance(TimeSpan.FromSeconds(2));
                return call.IsCompleted;
            },
            "the call ends");

        (await Should.ThrowAsync<WebhookRefusedException>(() => call)).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Call_that_is_cancelled_is_no_failure_of_the_receiver()
    {
        using var stop = new CancellationTokenSource();
        var came = new TaskCompletionSource();
        _receiver.OnCall = (_, context) =>
        {
            came.TrySetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        var call = Caller().DeliverAsync(stop.Token, Recorded.Event());
        await came.Task.WaitAsync(Eventually.Patience);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Calls_are_signed_by_the_clock()
    {
        await Caller().DeliverAsync(default, Recorded.Event());

        var call = _receiver.Calls.ShouldHaveSingleItem();
        call.Headers[WebhookHeaders.Timestamp].ShouldBe(_clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        call.Verify(Sender.Secret, _clock).ShouldBe(WebhookVerdict.Valid);
        call.Verify(Sender.Secret, TimeProvider.System).ShouldBe(WebhookVerdict.TooNew);
    }

    [Fact]
    public async Task Stored_secret_that_is_none_is_reported()
    {
        var caller = Caller(secret: "0123456789abcdef");

        (await Should.ThrowAsync<DeliveryFailedException>(() => caller.DeliverAsync(default, Recorded.Event())))
            .Message.ShouldContain("The stored secret is none.");
        _receiver.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Event_whose_data_is_no_JSON_is_not_posted()
    {
        (await Should.ThrowAsync<WebhookRefusedException>(() => Caller().DeliverAsync(default, Recorded.Event(json: "{\"broken"))))
            .Message.ShouldContain("cannot be written as a CloudEvent");
        _receiver.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Span_of_a_call_is_linked_to_the_appends_and_is_the_parent_at_the_receiver()
    {
        const string append = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == TidemarkTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (spans)
                    spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await Caller().DeliverAsync(default, Recorded.Event(metadata: $$"""{"traceParent":"{{append}}"}"""));

        var call = _receiver.Calls.ShouldHaveSingleItem();
        call.Events[0].GetProperty("traceparent").GetString().ShouldBe(append);
        Activity span;
        lock (spans)
            span = spans.Single(s => s.Id == call.Headers["traceparent"]);
        span.OperationName.ShouldBe("tidemark.webhook");
        span.Links.ShouldHaveSingleItem().Context.TraceId.ToString().ShouldBe("0af7651916cd43dd8448eb211c80319c");
        span.GetTagItem("tidemark.result").ShouldBe("done");
        span.GetTagItem("http.response.status_code").ShouldBe(200);
    }

    private WebhookCaller Caller(string? secret = Sender.Secret) => new(
        Recorded.Shard, Recorded.Subscription(_receiver.Url, Slow, secret: secret), new WebhookOptions(),
        () => new HttpClient(_handler, disposeHandler: false), _clock, new Random(1));

    private async Task<DeliveryFailedException> AwayAsync(WebhookCaller caller) =>
        await Should.ThrowAsync<DeliveryFailedException>(() => caller.DeliverAsync(default, Recorded.Event()));
}
