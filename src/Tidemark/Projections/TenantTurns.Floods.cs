using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Pulling;

namespace Tidemark.Projections;

/// <summary>Which tenants flood.</summary>
internal sealed partial class TenantTurns
{
    /// <summary>A tenant floods when it has at least one of so many parts of a page.</summary>
    private const int FloodParts = 4;

    /// <summary>With less than one of so many parts of a full page it does not flood.</summary>
    private const int FloodPageParts = 16;

    /// <summary>Clocks of one database and what they stamp differ by less.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    private DateTimeOffset? _lastMove;
    private bool _wasLive;
    private (TenantId[] Tenants, Position Through) _clear = ([], Position.Beginning);

    public async ValueTask<IReadOnlyList<TenantBehind>> FindFloodAsync(
        PageSlice slice, bool wasLive, Position mark, CancellationToken cancellationToken)
    {
        if (!_leaves || slice.Count == 0 || !IsLive(slice, wasLive))
            return [];
        var floods = Heaviest(slice);
        if (floods.Length == 0 || _lanes.Count + floods.Length > _options.TenantsBehindMax
            || !await HasOthersAsync(cancellationToken).ConfigureAwait(false)
            || !await DoOthersWaitAsync(slice.Through, mark, floods, cancellationToken).ConfigureAwait(false))
        {
            return [];
        }

        return
        [
            .. floods.Select(t => new TenantBehind(t, _consumer.Durable, TenantBehindReason.Flood) { Ahead = _consumer.Ahead }),
        ];
    }

    // A backlog from before the checkpoint last moved is caught up in the order of the log: nobody has been promised more.
    private bool IsLive(in PageSlice slice, bool wasLive)
    {
        if (_lastMove is { } moved)
            _wasLive |= slice[0].RecordedAt >= moved - Tolerance;
        _lastMove = null;
        return wasLive || _wasLive;
    }

    private TenantId[] Heaviest(in PageSlice slice)
    {
        var counts = new Dictionary<TenantId, int>();
        var all = 0;
        foreach (var e in slice.Events)
        {
            if (Contains(e.Tenant) || !_consumer.Takes(e))
                continue;
            counts[e.Tenant] = counts.GetValueOrDefault(e.Tenant) + 1;
            all++;
        }

        var least = Math.Max(all / FloodParts, _pulling.PageEventsMax / FloodPageParts);
        return [.. counts.Where(c => c.Value > 0 && c.Value >= least).Select(c => c.Key).OrderBy(t => t.Value, StringComparer.Ordinal)];
    }

    // Looks at each position once, as long as the same tenants have most of the pages.
    private async ValueTask<bool> DoOthersWaitAsync(
        Position after, Position mark, TenantId[] floods, CancellationToken cancellationToken)
    {
        var same = _clear.Tenants.AsSpan().SequenceEqual(floods);
        after = same ? Position.Later(after, _clear.Through) : after;
        if (after >= mark)
            return false;
        var filter = new LogFilter(_consumer.StoredTypes, Slots: _consumer.StreamSlots) { ExceptTenants = [.. _tenants, .. floods] };
        var page = await _pulling.ReadAloneAsync(after, mark, filter, eventsMax: 1, cancellationToken).ConfigureAwait(false);
        if (page.Events.Length > 0)
            return true;
        _clear = (floods, page.Through);
        return false;
    }
}
