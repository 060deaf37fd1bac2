using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Storage.Tests.Marks;

/// <summary>Reads the log as the runtime does: the mark first, then pages up to it.</summary>
public sealed class LogFollower(IEventDatabaseStorage storage, CancellationToken cancellationToken)
{
    private const int PageEventsMax = 50;

    private Position _mark;
    private Position _passed;

    /// <summary>The events in the order they were read.</summary>
    public List<RecordedEvent> Seen { get; } = [];

    /// <summary>Reads up to the present mark.</summary>
    public async Task ReadOnceAsync()
    {
        var reading = await storage.HighWater.ReadAsync(_mark, cancellationToken);
        reading.Mark.ShouldBeGreaterThanOrEqualTo(_mark, "the mark never falls");
        reading.Last.ShouldBeGreaterThanOrEqualTo(reading.Mark);
        _mark = reading.Mark;
        while (_passed < _mark)
        {
            var page = await storage.Log.ReadAsync(new(_passed, _mark, LogFilter.All, PageEventsMax, int.MaxValue), cancellationToken);
            Seen.AddRange(page.Events);
            _passed = page.ScannedThrough;
        }
    }
}
