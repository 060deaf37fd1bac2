using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Reading;

/// <summary>Pages of a stream.</summary>
public abstract class StreamReadTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    [Theory]
    [InlineData(1, long.MaxValue, false, 100, "1 2 3 4 5 6 7 8 9 10")]
    [InlineData(0, long.MaxValue, false, 100, "1 2 3 4 5 6 7 8 9 10")]
    [InlineData(1, long.MaxValue, false, int.MaxValue, "1 2 3 4 5 6 7 8 9 10")]
    [InlineData(4, 6, false, 100, "4 5 6")]
    [InlineData(4, 4, false, 100, "4")]
    [InlineData(4, 3, false, 100, "")]
    [InlineData(4, 9, false, 2, "4 5")]
    [InlineData(10, long.MaxValue, false, 1, "10")]
    [InlineData(11, long.MaxValue, false, 100, "")]
    [InlineData(long.MaxValue, 1, true, 100, "10 9 8 7 6 5 4 3 2 1")]
    [InlineData(long.MaxValue, 0, true, int.MaxValue, "10 9 8 7 6 5 4 3 2 1")]
    [InlineData(10, 1, true, 3, "10 9 8")]
    [InlineData(6, 4, true, 100, "6 5 4")]
    [InlineData(6, 4, true, 2, "6 5")]
    [InlineData(3, 4, true, 100, "")]
    [InlineData(1, 1, true, 100, "1")]
    [InlineData(0, 0, true, 100, "")]
    public async Task Stream_read_gives_the_versions_between_its_bounds(long from, long to, bool backwards, int countMax, string versions)
    {
        await AppendAsync("noise");
        await AppendAsync("order-1", 6);
        await AppendAsync("noise");
        await AppendAsync("order-1", 4);

        var read = await Log.ReadStreamAsync(new(TenantId.Default, "order-1", new(from), new(to), backwards, countMax), Token);

        string.Join(' ', read.Select(e => e.Version)).ShouldBe(versions);
        read.ShouldAllBe(e => e.StreamId == "order-1");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stream_read_of_a_missing_stream_is_empty(bool backwards)
    {
        await AppendAsync("other");

        var read = new StreamRead(
            TenantId.Default, "order-1", new(backwards ? long.MaxValue : 1), new(backwards ? 1 : long.MaxValue), backwards, 10);
        (await Log.ReadStreamAsync(read, Token)).ShouldBeEmpty();
        (await Log.ReadStreamAsync(read with { Stream = "other", Tenant = "north" }, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task State_of_a_missing_stream_is_null() => (await Log.FindStreamAsync(TenantId.Default, "order-1", Token)).ShouldBeNull();

    [Fact]
    public async Task State_of_a_stream_has_its_version()
    {
        await AppendAsync("order-1", 3);

        (await Log.FindStreamAsync(TenantId.Default, "order-1", Token))
            .ShouldBe(new StreamState(TenantId.Default, "order-1", new(3), false));
    }
}
