using Tidemark.Events;

namespace Tidemark.Tests.Events;

public sealed class ExpectedVersionTests
{
    [Fact]
    public void Default_expects_no_stream()
    {
        default(ExpectedVersion).ShouldBe(ExpectedVersion.NoStream);
        ExpectedVersion.Exactly(0).ShouldBe(ExpectedVersion.NoStream);
    }

    [Fact]
    public void Negative_version_is_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => ExpectedVersion.Exactly(-1));
        Should.Throw<ArgumentOutOfRangeException>(() => ExpectedVersion.Exactly(-2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void Expectation_is_met_by_what_it_says(long actual)
    {
        var version = new StreamVersion(actual);
        ExpectedVersion.Any.IsMetBy(version).ShouldBeTrue();
        ExpectedVersion.NoStream.IsMetBy(version).ShouldBe(actual == 0);
        ExpectedVersion.StreamExists.IsMetBy(version).ShouldBe(actual > 0);
        ExpectedVersion.Exactly(7).IsMetBy(version).ShouldBe(actual == 7);
    }

    [Fact]
    public void Text_says_what_is_expected()
    {
        ExpectedVersion.Any.ToString().ShouldBe("any");
        ExpectedVersion.NoStream.ToString().ShouldBe("no stream");
        ExpectedVersion.StreamExists.ToString().ShouldBe("stream exists");
        ExpectedVersion.Exactly(3).ToString().ShouldBe("version 3");
    }
}
