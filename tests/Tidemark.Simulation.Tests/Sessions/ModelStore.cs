using Tidemark.Checkpoints;

namespace Tidemark.Simulation.Tests.Sessions;

/// <summary>What the server has on disk: it outlives every crash. Each method is one transaction.</summary>
internal sealed class ModelStore(HandshakeToken start)
{
    public HandshakeToken Token { get; private set; } = start;

    public long Epoch { get; private set; }

    /// <summary>Dead letters, and events that wait behind one.</summary>
    public ulong Recorded { get; private set; }

    /// <summary>The events of parked streams, those recorded and those to come.</summary>
    public int ParkedStreams { get; private set; }

    public bool IsFaulted { get; set; }

    public bool IsParked(int stream) => (ParkedStreams & (1 << stream)) != 0;

    /// <summary>An agent installs its epoch; false when a newer one stands there.</summary>
    public bool Open(long epoch)
    {
        if (epoch < Epoch)
            return false;
        Epoch = epoch;
        return true;
    }

    /// <summary>Moves the token, with records, if no newer owner came and the token is where the agent knows it; else nothing.</summary>
    public bool Commit(long epoch, HandshakeToken from, HandshakeToken to, ulong records, int parks, bool fenced)
    {
        if (fenced && (epoch != Epoch || from != Token))
            return false;
        Token = to;
        Recorded |= records;
        ParkedStreams |= parks;
        return true;
    }

    /// <summary>An operator moves the token; whoever delivers now is fenced.</summary>
    public void Rewind(HandshakeToken to)
    {
        Epoch++;
        Token = to;
    }
}
