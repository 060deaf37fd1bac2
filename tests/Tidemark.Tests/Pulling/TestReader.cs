using Tidemark.Events;
using Tidemark.Pulling;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Pulling;

/// <summary>A reader with a cursor of its own: notes the positions of the events it wants.</summary>
internal sealed class TestReader
{
    private readonly PullingAgent _agent;
    private readonly EventCursor _cursor;
    private readonly IReadOnlyCollection<string>? _types;
    private readonly Random? _random;

    public TestReader(PullingWorld world, IReadOnlyCollection<string>? types, long after = 0, Random? random = null)
    {
        world.Agent.Interests.Add(types);
        _types = types;
        _random = random;
        _cursor = new(world.Agent, new(after));
        _agent = world.Agent;
        _agent.Add(_cursor);
    }

    public List<long> Seen { get; } = [];

    /// <summary>How often a read failed for good and was tried again.</summary>
    public int Failures { get; private set; }

    /// <summary>The reader goes: nobody waits for it any more.</summary>
    public void Leave() => _agent.Remove(_cursor);

    public async Task RunAsync(Position end)
    {
        while (_cursor.Position < end)
        {
            if (!_cursor.HasMore)
            {
                await _cursor.WaitAsync(CancellationToken.None);
                continue;
            }

            var eventsMax = _random?.Next(1, 40) ?? int.MaxValue;
            var throughMax = _random?.Next(3) == 0 ? new Position(_cursor.Position.Value + _random.Next(1, 60)) : Position.Max;
            try
            {
                Take(await _cursor.PeekAsync(eventsMax, throughMax, CancellationToken.None), eventsMax, throughMax);
            }
            catch (EventFetcherException)
            {
                Failures++;
            }

            for (var pause = _random?.Next(4) ?? 0; pause > 0; pause--)
                await Task.Yield();
        }
    }

    private void Take(PageSlice slice, int eventsMax, Position throughMax)
    {
        slice.Count.ShouldBeLessThanOrEqualTo(eventsMax);
        slice.Through.ShouldBeLessThanOrEqualTo(throughMax);
        foreach (var e in slice.Events)
        {
            e.Position.ShouldBeGreaterThan(_cursor.Position);
            e.Position.ShouldBeLessThanOrEqualTo(slice.Through);
            if (_types is null || _types.Contains(e.TypeName))
                Seen.Add(e.Position.Value);
        }

        // A reader may look twice at the same slice before it passes it.
        if (_random?.Next(8) != 0)
            _cursor.Advance(slice);
        else
            Seen.RemoveRange(Seen.Count - CountOf(slice), CountOf(slice));
    }

    private int CountOf(PageSlice slice)
    {
        var count = 0;
        foreach (var e in slice.Events)
            count += _types is null || _types.Contains(e.TypeName) ? 1 : 0;
        return count;
    }
}
