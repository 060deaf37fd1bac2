using Tidemark.Projections;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Projections;

public sealed class DocumentCacheTests
{
    [Fact]
    public void What_is_here_is_the_latest_and_what_is_not_here_is_loaded_or_known_not_to_exist()
    {
        var random = new Random(Seed.New());
        for (var run = 0; run < 300; run++)
        {
            var stored = new Dictionary<string, string>(StringComparer.Ordinal);
            var cache = new DocumentCache<string>(random.Next(0, 6000)) { IsComplete = true };
            for (var step = 0; step < 120; step++)
            {
                var touched = Enumerable.Range(0, random.Next(1, 6)).Select(_ => $"k{random.Next(25)}").ToArray();
                foreach (var key in touched)
                {
                    var known = cache.TryGet(new("", key), out var entry);
                    if (!known)
                        entry.Document = stored.GetValueOrDefault(key);
                    entry.Document.ShouldBe(stored.GetValueOrDefault(key), $"{key}, known: {known}");
                    entry.Document = random.Next(5) == 0 ? null : $"v{step}";
                    if (entry.Document is { } document)
                        stored[key] = document;
                    else
                        stored.Remove(key);
                }

                if (random.Next(10) == 0)
                    cache.Clear();
                else
                    cache.Trim();
            }
        }
    }

    [Fact]
    public void Documents_touched_often_stay()
    {
        var cache = new DocumentCache<string>(10_000);
        cache.TryGet(new("", "hot"), out var hot);
        for (var n = 0; n < 500; n++)
        {
            cache.TryGet(new("", $"k{n}"), out _);
            cache.TryGet(new("", "hot"), out var again).ShouldBeTrue();
            again.ShouldBeSameAs(hot);
            cache.Trim();
        }

        cache.TryGet(new("", "k0"), out _).ShouldBeFalse();
    }

    [Fact]
    public void Tenants_do_not_share_documents()
    {
        var cache = new DocumentCache<string>(10_000);
        cache.TryGet(new("a", "k"), out var a);
        cache.TryGet(new("b", "k"), out var b).ShouldBeFalse();
        b.ShouldNotBeSameAs(a);
    }
}
