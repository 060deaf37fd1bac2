using System.Net;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tidemark.Protocol;
using Tidemark.Protocol.Connections;

namespace Tidemark.Client;

/// <summary>
/// Receives the events of a subscription from a Tidemark server in another process, and connects again for ever. At least once; once, when
/// it keeps its own tokens with its effects (<see cref="ITokenStore"/>). Events of one partition, and so of one stream, come one delivery
/// after the other; different partitions at the same time.
/// </summary>
public sealed partial class TidemarkConsumer : IAsyncDisposable
{
    private const int MovesMax = 10;

    private readonly ConsumerOptions _options;
    private readonly Func<ConsumerDelivery, CancellationToken, ValueTask<ConsumerOutcome>> _handle;
    private readonly ITokenStore? _tokens;
    private readonly ILogger _logger;
    private readonly Random _random = new();
    private readonly CancellationTokenSource _stop = new();
    private volatile bool _isConnected;

    private TidemarkConsumer(
        ConsumerOptions options, Func<ConsumerDelivery, CancellationToken, ValueTask<ConsumerOutcome>> handle, ITokenStore? tokens,
        ILogger? logger)
    {
        options.Check();
        _options = options;
        _handle = handle;
        _tokens = tokens;
        _logger = logger ?? NullLogger.Instance;
        Completion = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Whether the server has welcomed it.</summary>
    public bool IsConnected => _isConnected;

    /// <summary>
    /// Ends when it is disposed; fails with <see cref="ConnectionRefusedException"/> when connecting again would not help.
    /// </summary>
    public Task Completion { get; }

    /// <summary>Starts a consumer.</summary>
    /// <param name="options">What it connects to.</param>
    /// <param name="handle">
    /// Handles a delivery. What it throws counts as a failed attempt of the subscription's policy. Its token is cancelled when the
    /// connection ends; the next connection is made when it has returned.
    /// </param>
    /// <param name="tokens">The own tokens; null when the server keeps them. The subscription has to say the same.</param>
    /// <param name="logger">Where to log.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static TidemarkConsumer Start(
        ConsumerOptions options, Func<ConsumerDelivery, CancellationToken, ValueTask<ConsumerOutcome>> handle, ITokenStore? tokens = null,
        ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(handle);
        return new TidemarkConsumer(options, handle, tokens, logger);
    }

    /// <summary>Leaves in order: the handler is cancelled and awaited, its delivery comes again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
            await _stop.CancelAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var stop = _stop.Token;
        var (url, failures, moves) = (_options.Url, 0, 0);
        while (!stop.IsCancellationRequested)
        {
            var end = await ConnectAsync(url, stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested)
                return;
            if (end.Code is { } code && !code.IsWorthRetrying())
            {
                LogRefused(_options.Member, _options.Subscription, end.Message);
                throw new ConnectionRefusedException(code, end.Message);
            }

            LogLost(_options.Member, _options.Subscription, end.Message);
            failures = end.HasAnswered ? 0 : failures + 1;
            if (end.Location is { } location && AddressOf(location) is { } elsewhere && ++moves <= MovesMax)
            {
                url = elsewhere;
                continue;
            }

            (url, moves) = (_options.Url, 0);
            await Task.Delay(WaitAfter(failures), _options.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // What was sent with TLS is not sent without it, whoever says so.
    private Uri? AddressOf(string location) =>
        Uri.TryCreate(location, UriKind.Absolute, out var url)
        && (url.Scheme == "wss" || (url.Scheme == "ws" && _options.Url.Scheme == "ws"))
            ? url
            : null;

    // Between half and all of it, so that many consumers of a server that comes back do not come in step.
    private TimeSpan WaitAfter(int failures)
    {
        var wait = _options.ReconnectMin.TotalMilliseconds * Math.Pow(2, Math.Clamp(failures - 1, 0, 30));
        var most = Math.Min(wait, _options.ReconnectMax.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(most * (0.5 + (0.5 * _random.NextDouble())));
    }

    private async Task<ConnectionEnd> ConnectAsync(Uri url, CancellationToken stop)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(DeliveryProtocol.Subprotocol);
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            _options.Configure?.Invoke(socket.Options);
            await socket.ConnectAsync(url, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            return new ConnectionEnd(CodeOf(socket.HttpStatusCode), e.Message, false);
        }
        catch (OperationCanceledException)
        {
            return new ConnectionEnd(null, "It was told to stop.", false);
        }

        using var frames = new FrameSocket(socket, _options.FrameBytesMax);
        var sending = frames.RunAsync();
        var connection = new ConsumerConnection(frames, _options, _handle, _tokens, isConnected => _isConnected = isConnected);
        return await connection.RunAsync(sending, stop).ConfigureAwait(false);
    }

    private static ErrorCode? CodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => ErrorCode.Unauthorized,
        HttpStatusCode.Forbidden => ErrorCode.Forbidden,
        _ => null,
    };

    [LoggerMessage(EventId = 1851, Level = LogLevel.Warning, Message = "Member {Member} of {Subscription} lost its connection: {Reason} " +
        "It connects again.")]
    private partial void LogLost(string member, string subscription, string reason);

    [LoggerMessage(EventId = 1852, Level = LogLevel.Error, Message = "Member {Member} of {Subscription} was refused and " +
        "gives up: {Reason}")]
    private partial void LogRefused(string member, string subscription, string reason);
}
