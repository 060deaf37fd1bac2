using System.Net.WebSockets;
using Tidemark.Protocol;
using Tidemark.Protocol.Connections;
using Tidemark.Protocol.Frames;
using Tidemark.Protocol.Sessions;

namespace Tidemark.Client;

/// <summary>One connection of a consumer: lets the session decide, calls the handler and the token store, and answers.</summary>
internal sealed class ConsumerConnection(
    FrameSocket frames, ConsumerOptions options, Func<ConsumerDelivery, CancellationToken, ValueTask<ConsumerOutcome>> handle,
    ITokenStore? tokens, Action<bool> connected)
{
    private const int HeartbeatsMissedMax = 3;
    private static readonly TimeSpan WelcomeMax = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly HashSet<Task> _work = [];
    private readonly ConsumerSession _session = new(tokens is null ? TokenKeeping.Stored : TokenKeeping.Own);
    private readonly TaskCompletionSource<ConnectionEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time = options.Time;
    private readonly TaskCompletionSource<WelcomeFrame> _welcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _heard = options.Time.GetTimestamp();
    private int _incarnation;
    private bool _hasAnswered;

    /// <summary>Says hello and serves what comes, until the connection ends; what is under way is ended with it.</summary>
    /// <param name="sending">The loop that sends.</param>
    /// <param name="stop">Leave in order.</param>
    public async Task<ConnectionEnd> RunAsync(Task sending, CancellationToken stop)
    {
        using var over = new CancellationTokenSource();
        using var stops = stop.UnsafeRegister(static me => ((ConsumerConnection)me!).End(null, "It was told to stop."), this);
        frames.Send(new HelloFrame(
            options.Subscription, options.Member, tokens is null ? TokenKeeping.Stored : TokenKeeping.Own, options.CreditEvents,
            options.CreditBytes, options.Tenant));
        var reading = ReadAsync(over.Token);
        var beating = BeatAsync(over.Token);
        var end = await _ended.Task.ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await WorkAsync().ConfigureAwait(false);
        await beating.ConfigureAwait(false);
        connected(false);
        if (stop.IsCancellationRequested)
            frames.Send(new ByeFrame());
        await frames.CloseAsync(
            end.Code is { } code && end.Location is null ? (WebSocketCloseStatus)code : WebSocketCloseStatus.NormalClosure, end.Message,
            sending, reading.IsCompleted ? null : reading, _time).ConfigureAwait(false);
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return end with { HasAnswered = Volatile.Read(ref _hasAnswered) };
    }

    private void End(ErrorCode? code, string message, string? location = null) =>
        _ended.TrySetResult(new ConnectionEnd(code, message, false, location));

    private async Task ReadAsync(CancellationToken over)
    {
        try
        {
            while (await frames.ReceiveAsync(CancellationToken.None).ConfigureAwait(false) is { } frame)
            {
                Volatile.Write(ref _heard, _time.GetTimestamp());
                if (over.IsCancellationRequested)
                    continue;
                lock (_gate)
                    Act(_session.Receive(frame), over);
            }

            End(null, "The server closed the connection.");
        }
        catch (ProtocolException e)
        {
            End(e.Code, e.Message);
        }
        catch (Exception e)
        {
            // The connection broke, or the application's own code threw.
            End(null, e.Message);
        }
    }

    // Under the gate.
    private void Act(ConsumerStep step, CancellationToken over)
    {
        switch (step.Kind)
        {
            case ConsumerStepKind.Send:
                if (step.Frame is AckFrame)
                    Volatile.Write(ref _hasAnswered, true);
                frames.Send(step.Frame!);
                break;
            case ConsumerStepKind.ReadToken:
                Begin(() => ReadTokenAsync((AskFrame)step.Frame!, over));
                break;
            case ConsumerStepKind.Process:
                Begin(() => ProcessAsync((DeliverFrame)step.Frame!, over));
                break;
            case ConsumerStepKind.Welcomed:
                var welcome = (WelcomeFrame)step.Frame!;
                Volatile.Write(ref _incarnation, welcome.Incarnation);
                _welcome.TrySetResult(welcome);
                connected(true);
                break;
            case ConsumerStepKind.News when step.Frame is CaughtUpFrame news:
                options.CaughtUp?.Invoke(PartitionOf(news.Partition), news.Mark);
                break;
            case ConsumerStepKind.Ended when step.Frame is RejectFrame reject:
                End(reject.Code, reject.Message, reject.Location);
                break;
            case ConsumerStepKind.Ended when step.Frame is DropFrame drop:
                End(drop.Code, drop.Message);
                break;
        }
    }

    private void Begin(Func<Task> work)
    {
        var task = Task.Run(work, CancellationToken.None);
        _work.Add(task);
        _ = task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void Forget(Task task)
    {
        lock (_gate)
            _work.Remove(task);
    }

    private async Task WorkAsync()
    {
        while (true)
        {
            Task[] open;
            lock (_gate)
                open = [.. _work];
            if (open.Length == 0)
                return;
            await Task.WhenAll(open).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadTokenAsync(AskFrame ask, CancellationToken over)
    {
        try
        {
            var token = await tokens!.ReadAsync(PartitionOf(ask.Partition), over).ConfigureAwait(false);
            lock (_gate)
                Act(_session.TokenRead(ask.Partition, ask.Number, token), over);
        }
        catch (Exception e)
        {
            End(null, $"The own token could not be read: {e.Message}");
        }
    }

    private async Task ProcessAsync(DeliverFrame deliver, CancellationToken over)
    {
        ConsumerOutcome outcome;
        try
        {
            var delivery = new ConsumerDelivery(
                PartitionOf(deliver.Partition), deliver.Offered, WireToken.Delivered(deliver.Through), deliver.Events);
            outcome = await handle(delivery, over).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The server counts the attempt and decides by the subscription's policy.
            outcome = ConsumerOutcome.RetryAfter(TimeSpan.Zero, $"{e.GetType().Name}: {e.Message}");
        }

        if (over.IsCancellationRequested)
            return;
        try
        {
            lock (_gate)
                Act(Answer(deliver, outcome), over);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            End(ErrorCode.BadAnswer, e.Message);
        }
    }

    private ConsumerStep Answer(DeliverFrame deliver, ConsumerOutcome outcome)
    {
        if (outcome.Elsewhere is { } token)
            return _session.FoundElsewhere(deliver.Partition, deliver.Number, token);
        var delay = outcome.Delay > TimeSpan.Zero ? (long)Math.Ceiling(outcome.Delay.TotalMilliseconds) : (long?)null;
        return _session.Processed(
            new AckFrame(deliver.Partition, deliver.Number, outcome.Kind, outcome.Through, delay, outcome.Reason));
    }

    private ConsumerPartition PartitionOf(string partition) =>
        new(options.Subscription, Volatile.Read(ref _incarnation), partition);

    private async Task BeatAsync(CancellationToken over)
    {
        var heartbeat = Timeout.InfiniteTimeSpan;
        try
        {
            var welcome = await _welcome.Task.WaitAsync(WelcomeMax, _time, over).ConfigureAwait(false);
            heartbeat = TimeSpan.FromMilliseconds(welcome.HeartbeatMs);
        }
        catch (TimeoutException)
        {
            End(ErrorCode.HeartbeatMissed, $"No welcome came within {WelcomeMax}.");
            return;
        }
        catch (OperationCanceledException)
        {
            return;
        }

        while (!over.IsCancellationRequested)
        {
            var silence = _time.GetElapsedTime(Volatile.Read(ref _heard));
            if (silence > HeartbeatsMissedMax * heartbeat)
                End(ErrorCode.HeartbeatMissed, $"Nothing was heard for {silence}.");
            else if (frames.Waiting == 0)
                frames.Send(new HeartbeatFrame());
            await Task.Delay(heartbeat * 0.5, _time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
