using Tidemark.Cluster.Tests.Stores;

namespace Tidemark.Cluster.Tests.Gaps;

/// <summary>No event is skipped, repeated or out of order, whatever the writers do and whatever is done to them.</summary>
public abstract class GapTortureTests<TStore>
    where TStore : IClusterStoreKind
{
    /// <summary>How long the suite tortures this kind of store, in seconds.</summary>
    protected abstract double Seconds { get; }

    [Fact]
    [Trait(Soak.Name, Soak.Yes)]
    public async Task Readers_during_gap_torture_see_every_event_once_and_in_order()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        await using var store = (PostgreSqlStore)await TStore.CreateAsync();
        await new GapTorture(store, Chance.NewSeed(), Soak.Duration(Seconds, share: 0.3)).RunAsync();
    }
}

public sealed class GapTortureTestsOnPostgreSql : GapTortureTests<PostgreSqlStore>
{
    protected override double Seconds => 12;
}

public sealed class GapTortureTestsBehindPooler : GapTortureTests<PooledStore>
{
    protected override double Seconds => 6;
}
