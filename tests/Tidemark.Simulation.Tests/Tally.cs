using Tidemark.Projections;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Simulation.Tests;

/// <summary>How much was withdrawn, kept in the transaction of the append.</summary>
public sealed record Sum(long Amount, int Times);

/// <inheritdoc cref="Sum"/>
public sealed class Tally : MultiStreamProjection<Sum>
{
    public Tally()
    {
        Initial(_ => new(0, 0));
        Key<Withdrawn>(_ => "all");
        On<Withdrawn>((sum, e) => new(sum.Amount + e.Data.Amount, sum.Times + 1));
    }
}
