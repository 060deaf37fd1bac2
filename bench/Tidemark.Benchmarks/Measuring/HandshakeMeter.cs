using System.Diagnostics.Metrics;

namespace Tidemark.Benchmarks.Measuring;

/// <summary>Listens to the duration of handshakes, as the product measures it: from the question to the end of the answer.</summary>
internal sealed class HandshakeMeter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();

    /// <summary>Begins to listen.</summary>
    public HandshakeMeter()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "tidemark.delivery.handshake.duration")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, _, _) =>
        {
            lock (_gate)
            {
                Durations.Add(TimeSpan.FromSeconds(seconds));
                Count++;
            }
        });
        _listener.Start();
    }

    /// <summary>The durations; read when it is disposed.</summary>
    public Histogram Durations { get; } = new();

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    public void Dispose() => _listener.Dispose();
}
