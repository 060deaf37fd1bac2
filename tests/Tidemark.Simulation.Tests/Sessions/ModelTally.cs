namespace Tidemark.Simulation.Tests.Sessions;

/// <summary>What happened in histories: a model in which something never happens proves nothing about it.</summary>
internal sealed class ModelTally
{
    public long Offers { get; set; }

    public long Effects { get; set; }

    public long Repeats { get; set; }

    public long Ignored { get; set; }

    public long Elsewhere { get; set; }

    public long Repositions { get; set; }

    public long Same { get; set; }

    public long Ahead { get; set; }

    public long Fenced { get; set; }

    public long Recorded { get; set; }

    public long Faulted { get; set; }

    public long Partly { get; set; }

    public long Empty { get; set; }

    public override string ToString() =>
        $"{Offers} offers ({Empty} empty), {Effects} effects, {Repeats} repeats, {Partly} in part, "
        + $"{Ignored} late answers, {Elsewhere} from elsewhere, "
        + $"{Repositions} repositions, {Same} in place, {Ahead} ahead of the log, {Fenced} fenced, {Recorded} recorded, {Faulted} faulted";
}
