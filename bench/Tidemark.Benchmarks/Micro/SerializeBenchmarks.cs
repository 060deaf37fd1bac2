using BenchmarkDotNet.Attributes;
using Tidemark.Benchmarks.Workload;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Benchmarks.Micro;

/// <summary>An append's way in, and an event's way out.</summary>
public class SerializeBenchmarks
{
    private readonly EventTypeRegistry _types = MicroEvents.Types();
    private readonly object[] _events = [Orders.Event(1, 7)];
    private EventEncoder _encoder = null!;
    private EventType _type = null!;
    private byte[] _json = [];

    /// <summary>Prepares.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        _encoder = new EventEncoder(_types, new TimeOrderedIds(TimeProvider.System), new LogOptions());
        _type = _types.Of(typeof(LineAdded));
        _json = Orders.Json(1, 7);
    }

    /// <summary>From the object to what the storage port takes: JSON, id, slot, limits.</summary>
    [Benchmark]
    public object EncodeAppend() =>
        _encoder.Encode(TenantId.Default, new StreamEvents(Orders.Stream(7), ExpectedVersion.Exactly(1), _events), null);

    /// <summary>From stored JSON to the event object.</summary>
    [Benchmark]
    public object DecodeData() => _type.Decode(_json);

    /// <summary>From a row's values to a decoded event.</summary>
    [Benchmark]
    public object DecodeRecorded()
    {
        var recorded = MicroEvents.Recorded(1, Orders.Streams);
        recorded.Decode(_types, keepJson: false);
        return recorded;
    }
}
