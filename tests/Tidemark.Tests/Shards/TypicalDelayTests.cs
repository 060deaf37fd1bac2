using Tidemark.Shards;

namespace Tidemark.Tests.Shards;

public sealed class TypicalDelayTests
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(7);
    private static readonly TimeSpan Most = TimeSpan.FromMilliseconds(20);
    private readonly TypicalDelay _typical = new(First, Most);

    [Fact]
    public void Until_there_is_a_value_the_first_one_counts() => _typical.Value.ShouldBe(First);

    [Fact]
    public void First_value_counts_as_typical()
    {
        _typical.Add(TimeSpan.FromMilliseconds(3));
        _typical.Value.TotalMilliseconds.ShouldBe(3);
    }

    [Fact]
    public void Few_that_take_far_longer_move_it_little()
    {
        for (var i = 0; i < 1000; i++)
            _typical.Add(TimeSpan.FromMilliseconds(i % 20 == 0 ? 500 : 2 + (i % 3 * 0.1)));
        _typical.Value.TotalMilliseconds.ShouldBeInRange(1.9, 2.4);
    }

    [Fact]
    public void It_follows_when_all_take_longer()
    {
        _typical.Add(TimeSpan.FromMilliseconds(1));
        for (var i = 0; i < 60; i++)
            _typical.Add(TimeSpan.FromMilliseconds(10));
        _typical.Value.TotalMilliseconds.ShouldBeInRange(9.5, 10.5);
    }

    [Fact]
    public void It_stays_within_bounds()
    {
        for (var i = 0; i < 200; i++)
            _typical.Add(TimeSpan.FromSeconds(5));
        _typical.Value.ShouldBe(Most);
        for (var i = 0; i < 200; i++)
            _typical.Add(TimeSpan.Zero);
        _typical.Value.ShouldBe(TimeSpan.FromMilliseconds(0.5));
    }
}
