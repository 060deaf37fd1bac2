using Tidemark.Protocol.Frames;

namespace Tidemark.Simulation.Tests.Sessions;

/// <summary>A connection whose frames are lost, late, repeated and out of order, in both directions.</summary>
internal sealed class Connection(ModelAgent agent)
{
    public ModelAgent Agent { get; } = agent;

    public List<Frame> ToConsumer { get; } = [];

    public List<Frame> ToAgent { get; } = [];

    public bool IsIdle => ToConsumer.Count + ToAgent.Count == 0;
}
