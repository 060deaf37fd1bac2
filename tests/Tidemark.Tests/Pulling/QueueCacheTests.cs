using FsCheck;
using FsCheck.Fluent;
using Tidemark.Events;
using Tidemark.Pulling;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Pulling;

public sealed class QueueCacheTests
{
    private const int End = 60;

    private static readonly Gen<(int Kind, int A, int B)> Steps =
        from kind in Gen.Frequency((6, Gen.Constant(0)), (3, Gen.Constant(1)), (1, Gen.Constant(2)))
        from a in Gen.Choose(0, End - 1)
        from b in Gen.Choose(1, 12)
        select (kind, a, b);

    [Fact]
    public void Cache_never_overlaps_never_lies_and_stays_within_its_bound() => Prop.ForAll(
        Arb.From(Gen.ListOf(Steps)), Arb.From(Gen.Choose(500, 20_000)), (steps, bytesMax) =>
        {
            var cache = new QueueCache(bytesMax);
            foreach (var (kind, a, b) in steps)
            {
                if (kind == 0)
                    Add(cache, Page(a, Math.Min(End, a + b)), bytesMax);
                else if (kind == 1)
                    cache.Find(new(a));
                else if (b == 1)
                    cache.Clear();
                AssertIsConsistent(cache, bytesMax);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Least_recently_used_page_goes_first()
    {
        var pages = Enumerable.Range(0, 4).Select(n => Page(n * 10, (n * 10) + 10)).ToArray();
        var cache = new QueueCache(pages[0].Bytes + pages[1].Bytes + pages[2].Bytes);
        foreach (var page in pages[..3])
            cache.Add(page);
        cache.Find(new(0)).ShouldBeSameAs(pages[0]);

        cache.Add(pages[3]);

        cache.Find(new(10)).ShouldBeNull();
        cache.Find(new(0)).ShouldBeSameAs(pages[0]);
        cache.Find(new(20)).ShouldBeSameAs(pages[2]);
        cache.Find(new(39)).ShouldBeSameAs(pages[3]);
    }

    [Fact]
    public void Page_larger_than_the_whole_cache_is_kept_alone()
    {
        var cache = new QueueCache(1);
        cache.Add(Page(0, 10));
        cache.Add(Page(10, 20));

        cache.Pages.ShouldBe(1);
        cache.Find(new(15)).ShouldNotBeNull();
    }

    [Fact]
    public void Page_covers_what_lies_after_its_beginning_up_to_its_end()
    {
        var page = Page(10, 20);
        new[] { 9, 10, 19, 20 }.Select(p => page.Covers(new(p))).ShouldBe([false, true, true, false]);
        page.IndexAfter(new(10)).ShouldBe(0);
        page.IndexAfter(new(15)).ShouldBe(page.Events.Count(e => e.Position.Value <= 15));
        page.IndexAfter(new(20)).ShouldBe(page.Events.Length);
    }

    private static void Add(QueueCache cache, EventPage page, long bytesMax)
    {
        var covered = Enumerable.Range((int)page.After.Value, (int)(page.Through.Value - page.After.Value));
        var overlaps = covered.Any(p => cache.Find(new(p)) is not null);
        cache.Add(page);
        var found = cache.Find(page.After);
        if (overlaps)
            found.ShouldNotBeSameAs(page);
        else
            found.ShouldBeSameAs(page, $"a page is there after it was added (bound {bytesMax})");
    }

    private static void AssertIsConsistent(QueueCache cache, long bytesMax)
    {
        var found = Enumerable.Range(0, End + 1).Select(p => cache.Find(new(p))).ToArray();
        var pages = found.OfType<EventPage>().Distinct().OrderBy(p => p.After).ToArray();
        for (var p = 0; p <= End; p++)
        {
            if (found[p] is { } page)
                page.Covers(new(p)).ShouldBeTrue();
            var next = pages.FirstOrDefault(x => x.After.Value > p)?.After ?? Position.Max;
            cache.NextPageAfter(new(p)).ShouldBe(next);
        }

        pages.Zip(pages.Skip(1)).ShouldAllBe(x => x.First.Through <= x.Second.After);
        cache.Pages.ShouldBe(pages.Length);
        cache.Bytes.ShouldBe(pages.Sum(p => p.Bytes));
        (cache.Bytes <= bytesMax || cache.Pages == 1).ShouldBeTrue();
    }

    private static EventPage Page(int after, int through)
    {
        RecordedEvent[] events = [.. Enumerable.Range(after + 1, through - after).Where(p => p % 3 != 0).Select(p => Make.Recorded(p))];
        foreach (var e in events)
            e.Decode(Accounts.Types, keepJson: false);
        return new(new(after), new(through), events);
    }
}
