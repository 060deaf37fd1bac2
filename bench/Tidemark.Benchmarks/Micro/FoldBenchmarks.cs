using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using BenchmarkDotNet.Attributes;
using Tidemark.Benchmarks.Workload;
using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Resilience;
using Tidemark.Storage;
using Tidemark.Testing;

namespace Tidemark.Benchmarks.Micro;

/// <summary>Events into documents, per event.</summary>
public class FoldBenchmarks
{
    private const int Events = 2000;

    private readonly OrderTotals _projection = new("fold");
    private RecordedEvent[] _one = [];
    private RecordedEvent[] _page = [];
    private Applier _applier = null!;

    /// <summary>How many streams a page of 2,000 events touches.</summary>
    [Params(80, 2000)]
    public int Streams { get; set; }

    /// <summary>Prepares.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var types = MicroEvents.Types();
        _one = Decoded(types, 1);
        _page = Decoded(types, Streams);
        _applier = Applier(types);
    }

    /// <summary>The handlers alone: one stream folded in memory.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public object? FoldStream() => _projection.FoldAll(null, _one);

    /// <summary>A shard's way: keys, cache, folds, and the JSON of the documents for the commit.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public async Task<object> ApplyAndCommit()
    {
        await _applier.AbandonAsync();
        _applier.Begin(isEmpty: true);
        await _applier.ApplyAsync(_page, CancellationToken.None);
        var commit = _applier.AddTo(new ReadModelCommit());
        await _applier.CommittedAsync();
        return commit;
    }

    private static RecordedEvent[] Decoded(EventTypeRegistry types, int streams)
    {
        var events = Enumerable.Range(1, Events).Select(i => MicroEvents.Recorded(i, streams)).ToArray();
        foreach (var e in events)
            e.Decode(types, keepJson: false);
        return events;
    }

    private Applier Applier(EventTypeRegistry types)
    {
        var storage = new InMemoryStorage(new StorageContext("micro", TimeProvider.System, new PipelineOptions(),
            NullLoggerFactory.Instance));
        var json = new JsonSerializerOptions(JsonSerializerDefaults.Web) { TypeInfoResolver = OrderJson.Default };
        return _projection.MakeApplier(new ApplierContext(types, json, storage.ReadModels, storage.Log, 1, null, 64 << 20));
    }
}
