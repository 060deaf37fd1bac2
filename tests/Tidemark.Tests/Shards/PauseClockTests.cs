using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Shards;

public sealed class PauseClockTests
{
    private readonly ShardOptions _options = new() { Pause = TimeSpan.FromSeconds(30), PauseMax = TimeSpan.FromMinutes(10) };

    [Fact]
    public void Pauses_double_up_to_their_bound_within_a_tenth()
    {
        var clock = new PauseClock(_options, new Random(Seed.New()));
        for (var failure = 0; failure < 100; failure++)
        {
            var pause = clock.Failed(outage: false);
            var expected = Math.Min(600, 30 * Math.Pow(2, Math.Min(failure, 20)));
            pause.TotalSeconds.ShouldBeInRange(expected * 0.9, expected * 1.1);
            clock.Failures.ShouldBe(failure + 1);
        }
    }

    [Fact]
    public void Outage_begins_with_a_short_pause_and_ends_below_an_ordinary_one()
    {
        var clock = new PauseClock(_options, new Random(Seed.New()));
        clock.Failed(outage: true).TotalMilliseconds.ShouldBeInRange(225, 275);
        clock.Failed(outage: true).TotalMilliseconds.ShouldBeInRange(450, 550);
        TimeSpan last = default;
        for (var i = 0; i < 50; i++)
            last = clock.Failed(outage: true);
        last.TotalSeconds.ShouldBeInRange(27, 33);
    }

    [Fact]
    public void Success_begins_again()
    {
        var clock = new PauseClock(_options, new Random(1));
        clock.Failed(outage: false);
        clock.Failed(outage: false);
        clock.Succeeded();
        clock.Failures.ShouldBe(0);
        clock.Failed(outage: false).TotalSeconds.ShouldBeInRange(27, 33);
    }

    [Fact]
    public void Shards_do_not_return_in_step()
    {
        var random = new Random(Seed.New());
        Enumerable.Range(0, 50).Select(_ => new PauseClock(_options, random).Failed(outage: false)).Distinct().Count()
            .ShouldBeGreaterThan(40);
    }
}
