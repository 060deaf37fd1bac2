using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Tidemark.Protocol;
using Tidemark.Protocol.Connections;
using Tidemark.Protocol.Frames;
using Tidemark.Telemetry;

namespace Tidemark.AspNetCore;

/// <summary>The connection of one member, from its welcome to its end.</summary>
internal sealed partial class MemberConnection(
    FrameSocket frames, HelloFrame hello, string session, TimeSpan heartbeat, TimeProvider time, ILogger logger)
{
    private const int HeartbeatsMissedMax = 3;

    private readonly OpenQuestions _questions = new();
    private readonly TaskCompletionSource<DropFrame?> _dropped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _heard = time.GetTimestamp();

    /// <summary>The member's name.</summary>
    public string Name => hello.Member;

    /// <summary>What may be delivered and not answered.</summary>
    public MemberCredit Credit { get; } = new(hello.CreditEvents, hello.CreditBytes);

    /// <summary>Asks where it stands.</summary>
    /// <exception cref="MemberLostException">The connection ended.</exception>
    public async ValueTask<WireToken?> AskAsync(AskFrame ask, CancellationToken cancellationToken)
    {
        var question = new OpenQuestion(ask, hello.Tokens);
        _questions.Open(ask.Partition, question);
        try
        {
            frames.Send(ask);
            var answer = await question.Answer.WaitAsync(cancellationToken).ConfigureAwait(false);
            return ((TokenFrame)answer).Token;
        }
        finally
        {
            _questions.Close(ask.Partition, question);
        }
    }

    /// <summary>Delivers, as soon as its credit allows, and returns the answer.</summary>
    /// <exception cref="MemberLostException">The connection ended.</exception>
    public async ValueTask<Frame> DeliverAsync(DeliverFrame delivery, CancellationToken cancellationToken)
    {
        var buffer = frames.Encode(delivery);
        var (events, bytes) = (delivery.Events.Count, buffer.Length);
        try
        {
            await Credit.TakeAsync(events, bytes, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }

        var question = new OpenQuestion(delivery, hello.Tokens);
        try
        {
            _questions.Open(delivery.Partition, question);
            frames.Send(buffer);
            return await question.Answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _questions.Close(delivery.Partition, question);
            Credit.Return(events, bytes);
        }
    }

    /// <summary>A partition no longer belongs to it.</summary>
    public void Revoke(string partition) => frames.Send(new RevokeFrame(partition));

    /// <summary>Tells it how far a partition is.</summary>
    public void Show(CaughtUpFrame news) => frames.Send(news);

    /// <summary>Ends the connection with a reason.</summary>
    public void Drop(ErrorCode code, string message) => _dropped.TrySetResult(new DropFrame(code, message));

    /// <summary>Serves the member until it leaves, is dropped, or is lost.</summary>
    /// <param name="welcome">What it is told first.</param>
    /// <param name="group">Who it shares the partitions with.</param>
    /// <param name="sending">The loop that sends.</param>
    /// <param name="check">Says whether it has to go; asked with each heartbeat.</param>
    /// <param name="mark">The high-water mark.</param>
    /// <param name="stopping">The process ends.</param>
    public async Task RunAsync(
        WelcomeFrame welcome, MemberGroup group, Task sending, Func<CancellationToken, ValueTask<DropFrame?>> check, Func<long> mark,
        CancellationToken stopping)
    {
        using var over = new CancellationTokenSource();
        using var stops = stopping.UnsafeRegister(
            static me => ((MemberConnection)me!).Drop(ErrorCode.ShuttingDown, "The node is shutting down; connect again."), this);
        frames.Send(welcome);
        LogAttached(session, Name, hello.Subscription);
        var tag = new KeyValuePair<string, object?>("tidemark.subscription", hello.Subscription);
        TidemarkTelemetry.Connections.Add(1, tag);
        var reading = ReadAsync();
        var beating = BeatAsync(check, mark, over.Token);
        group.Attach(this)?.Drop(ErrorCode.Replaced, $"A newer connection of member '{Name}' took over.");
        DropFrame? drop;
        try
        {
            var first = await Task.WhenAny(reading, _dropped.Task).ConfigureAwait(false);
            drop = await (first == reading ? reading : _dropped.Task).ConfigureAwait(false);
        }
        finally
        {
            group.Detach(this);
            _questions.End();
            Credit.End();
            await over.CancelAsync().ConfigureAwait(false);
            await beating.ConfigureAwait(false);
            TidemarkTelemetry.Connections.Add(-1, tag);
        }

        if (drop is not null)
        {
            TidemarkTelemetry.Drops.Add(1, tag, new("error.type", drop.Code.ToWire()));
            frames.Send(drop);
        }

        LogDetached(session, Name, hello.Subscription, drop?.Message ?? "it left");
        await frames.CloseAsync(
            drop is null ? WebSocketCloseStatus.NormalClosure : (WebSocketCloseStatus)drop.Code, drop?.Message ?? "", sending,
            reading.IsCompleted ? null : reading, time).ConfigureAwait(false);
        await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Returns why it has to go; null when it went by itself.
    private async Task<DropFrame?> ReadAsync()
    {
        try
        {
            while (await frames.ReceiveAsync(CancellationToken.None).ConfigureAwait(false) is { } frame)
            {
                Volatile.Write(ref _heard, time.GetTimestamp());
                switch (frame)
                {
                    case TokenFrame or AckFrame:
                        _questions.Take(frame);
                        break;
                    case CreditFrame credit:
                        Credit.Grow(credit.CreditEvents, credit.CreditBytes);
                        break;
                    case HeartbeatFrame:
                        break;
                    case ByeFrame:
                        return null;
                    default:
                        throw new ProtocolException(ErrorCode.OutOfOrder, $"{frame.GetType().Name} cannot come from a client now.");
                }
            }

            return null;
        }
        catch (ProtocolException e)
        {
            return new DropFrame(e.Code, e.Message);
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException
            or OperationCanceledException or IOException)
        {
            return null;
        }
    }

    private async Task BeatAsync(Func<CancellationToken, ValueTask<DropFrame?>> check, Func<long> mark, CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(heartbeat, time);
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                if (time.GetElapsedTime(Volatile.Read(ref _heard)) > HeartbeatsMissedMax * heartbeat)
                    Drop(ErrorCode.HeartbeatMissed, $"Nothing was heard for {HeartbeatsMissedMax} heartbeats.");
                else if (await check(cancellationToken).ConfigureAwait(false) is { } drop)
                    _dropped.TrySetResult(drop);
                else if (frames.Waiting == 0)
                    frames.Send(new HeartbeatFrame(mark()));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The connection has ended.
        }
        catch (Exception e)
        {
            LogBeatFailed(session, e);
            Drop(ErrorCode.ServerError, "The node could not look after the connection; connect again.");
        }
    }

    [LoggerMessage(EventId = 1801, Level = LogLevel.Information, Message = "Connection {Session}: member {Member} receives " +
        "{Subscription}.")]
    private partial void LogAttached(string session, string member, string subscription);

    [LoggerMessage(EventId = 1802, Level = LogLevel.Information, Message = "Connection {Session}: member {Member} of {Subscription} is " +
        "gone: {Reason}")]
    private partial void LogDetached(string session, string member, string subscription, string reason);

    [LoggerMessage(EventId = 1804, Level = LogLevel.Warning, Message = "Connection {Session} could not be looked after.")]
    private partial void LogBeatFailed(string session, Exception error);
}
