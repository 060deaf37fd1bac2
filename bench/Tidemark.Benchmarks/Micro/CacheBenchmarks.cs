using BenchmarkDotNet.Attributes;
using Tidemark.Benchmarks.Workload;
using Tidemark.Events;
using Tidemark.Pulling;

namespace Tidemark.Benchmarks.Micro;

/// <summary>The shared pages of decoded events.</summary>
public class CacheBenchmarks
{
    private const int PageEvents = 2000;
    private const int Pages = 40;

    private readonly QueueCache _cache = new(long.MaxValue);
    private readonly QueueCache _full = new(1 << 20);
    private readonly List<RecordedEvent> _events = [];
    private long _next;
    private long _last;

    /// <summary>Prepares.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        for (var i = 1; i <= PageEvents; i++)
            _events.Add(MicroEvents.Recorded(i, Orders.Streams));
        for (var i = 0; i < Pages; i++)
            _cache.Add(Page(i * PageEvents));
    }

    /// <summary>A cursor asks for its page.</summary>
    [Benchmark]
    public object? Find() => _cache.Find(new Position(_next++ % (Pages * PageEvents)));

    /// <summary>A page is added where another one has to go.</summary>
    [Benchmark]
    public void AddAndEvict()
    {
        _full.Add(new EventPage(new Position(_last), new Position(_last + 1), []));
        _last++;
    }

    private EventPage Page(long after) => after == 0
        ? new EventPage(Position.Beginning, new Position(PageEvents), _events)
        : new EventPage(new Position(after), new Position(after + PageEvents), []);
}
