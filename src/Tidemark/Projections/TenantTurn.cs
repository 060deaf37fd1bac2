using Tidemark.Events;
using Tidemark.Pulling;

namespace Tidemark.Projections;

/// <summary>What a turn of a tenant holds so far.</summary>
internal sealed class TenantTurn(Position after)
{
    public Position After { get; } = after;

    /// <summary>The last event it held, the failing one included.</summary>
    public Position Reached { get; private set; } = after;

    /// <summary>What it has passed.</summary>
    public Position Through { get; private set; } = after;

    /// <summary>Events it held, those of others in shared pages included.</summary>
    public int Events { get; private set; }

    /// <summary>Events of the tenant that it applied.</summary>
    public int Applied { get; private set; }

    /// <summary>The one event it held, when it held one.</summary>
    public RecordedEvent? Only { get; private set; }

    public void Begin(in PageSlice slice)
    {
        Events += slice.Count;
        Reached = slice.Count > 0 ? slice[slice.Count - 1].Position : Reached;
        Only = Events == 1 && slice.Count == 1 ? slice[0] : Only;
    }

    public void End(in PageSlice slice, int applied)
    {
        Applied += applied;
        Through = slice.Through;
    }
}
