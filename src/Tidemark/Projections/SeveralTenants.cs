using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Pulling;

namespace Tidemark.Projections;

/// <summary>
/// Whether the log has events of several tenants: only then does it help anybody to leave one behind. Once it has, it always does; else it
/// is asked again once the log has grown.
/// </summary>
internal sealed class SeveralTenants(IEventLog log, PullingAgent pulling, TimeProvider time)
{
    /// <summary>Between two questions while one waits for the answer to change.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private bool _has;
    private Position _askedAt = Position.Max;

    public async ValueTask<bool> AskAsync(CancellationToken cancellationToken)
    {
        var mark = pulling.Mark;
        if (_has || _askedAt == mark)
            return _has;
        _has = await log.HasSeveralTenantsAsync(cancellationToken).ConfigureAwait(false);
        _askedAt = mark;
        return _has;
    }

    /// <summary>Completes when the answer was no and is yes now; else never, but for the token. Does not fail: it asks again.</summary>
    public async Task UntilAsync(CancellationToken cancellationToken)
    {
        var wait = _has || _askedAt == Position.Max ? Position.Max : _askedAt;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await pulling.WaitBeyondAsync(wait, cancellationToken).ConfigureAwait(false);
                if (await AskAsync(cancellationToken).ConfigureAwait(false))
                    return;
                wait = _askedAt;
                await Task.Delay(Interval, time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(Interval, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
