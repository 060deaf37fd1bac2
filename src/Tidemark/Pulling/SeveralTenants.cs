using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Pulling;

/// <summary>
/// Whether the log has events of several tenants: only then does it help anybody to leave one behind. Once it has, it always does; else it
/// is asked again when the log has grown. One for all shards of an event database, which ask at once.
/// </summary>
internal sealed class SeveralTenants(IEventLog log, PullingAgent pulling, TimeProvider time) : IDisposable
{
    /// <summary>Between two questions for those who wait for the answer to change, however many they are.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _asking = new(1);
    private volatile Answer _answer = new(Has: false, Position.Beginning, Awaited: null);

    // Awaited: when somebody who waits asked last, as a timestamp.
    private sealed record Answer(bool Has, Position Mark, long? Awaited);

    /// <summary>Whether it has, up to the mark.</summary>
    public ValueTask<bool> AskAsync(CancellationToken cancellationToken) => AskAsync(waits: false, cancellationToken);

    /// <summary>Completes once it has; who waits asks again after a failure.</summary>
    public async Task UntilAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (_answer is { Has: false, Mark: var mark })
                    await pulling.WaitBeyondAsync(mark, cancellationToken).ConfigureAwait(false);
                if (await AskAsync(waits: true, cancellationToken).ConfigureAwait(false))
                    return;
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The store is away; its other users say so.
            }

            await Task.Delay(Interval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _asking.Dispose();

    // Who comes while another asks takes that answer if it covers the mark as it was then.
    private async ValueTask<bool> AskAsync(bool waits, CancellationToken cancellationToken)
    {
        var needed = pulling.Mark;
        if (Known(needed, waits) is { } known)
            return known;
        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Known(needed, waits) is { } meanwhile)
                return meanwhile;

            // Also when it fails.
            if (waits)
                _answer = _answer with { Awaited = time.GetTimestamp() };
            var mark = pulling.Mark;
            var has = await log.HasSeveralTenantsAsync(cancellationToken).ConfigureAwait(false);
            _answer = new(has, mark, _answer.Awaited);
            return has;
        }
        finally
        {
            _asking.Release();
        }
    }

    private bool? Known(Position needed, bool waits)
    {
        var answer = _answer;
        return answer.Has || answer.Mark >= needed || (waits && IsFresh(answer)) ? answer.Has : null;
    }

    private bool IsFresh(Answer answer) => answer.Awaited is { } awaited && time.GetElapsedTime(awaited) < Interval;
}
