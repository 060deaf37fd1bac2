namespace Tidemark.Simulation.Tests.Sessions;

/// <summary>A small log with holes and with events that do not concern the subscription.</summary>
internal sealed class ModelLog(Random random)
{
    public const long MarkMax = 56;
    public const int Streams = 3;

    private readonly ulong[] _ofStream = new ulong[Streams];

    public long Mark { get; private set; }

    /// <summary>The events that concern the subscription.</summary>
    public ulong Relevant { get; private set; }

    public ulong OfStream(int stream) => _ofStream[stream];

    public int StreamOf(long position)
    {
        var stream = 0;
        while (!_ofStream[stream].Has(position))
            stream++;
        return stream;
    }

    public void Append(int relevantPercent)
    {
        if (Mark >= MarkMax)
            return;
        Mark += random.Next(6) == 0 ? 2 : 1;
        _ofStream[random.Next(Streams)] |= Bits.At(Mark);
        if (random.Next(100) < relevantPercent)
            Relevant |= Bits.At(Mark);
    }
}
