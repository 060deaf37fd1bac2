using Tidemark.Pulling;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Pulling;

public sealed class InterestsTests
{
    [Fact]
    public void Union_holds_the_types_of_all_readers_and_each_growth_is_a_new_edition()
    {
        var interests = new Interests();
        interests.Add(["b", "a"]).ShouldBeTrue();
        interests.Current.Types.ShouldBe(["a", "b"]);
        var first = interests.Current;

        interests.Add(["a"]).ShouldBeFalse();
        interests.Current.ShouldBeSameAs(first);
        interests.Add(["c", "a"]).ShouldBeTrue();
        interests.Current.Types.ShouldBe(["a", "b", "c"]);
        interests.Add(null).ShouldBeTrue();
        interests.Current.Types.ShouldBeNull();
        interests.Current.Number.ShouldBe(first.Number + 2);
    }

    [Fact]
    public void Reader_of_everything_covers_new_types_and_its_leaving_does_not_lose_them()
    {
        var interests = new Interests();
        interests.Add(null);
        interests.Add(["a"]).ShouldBeFalse();
        interests.Remove(null);

        interests.Current.Types.ShouldBeNull();
        interests.Add(["b"]).ShouldBeTrue();
        interests.Current.Types.ShouldBe(["a", "b"]);
    }

    [Fact]
    public void Events_are_decoded_from_the_first_reader_that_needs_their_objects()
    {
        var interests = new Interests();
        interests.Add(null, needsJson: true, needsData: false).ShouldBeTrue();
        interests.Current.ShouldSatisfyAllConditions(e => e.KeepsJson.ShouldBeTrue(), e => e.Decodes.ShouldBeFalse());

        interests.Add(["a"]).ShouldBeTrue();
        interests.Current.ShouldSatisfyAllConditions(e => e.KeepsJson.ShouldBeTrue(), e => e.Decodes.ShouldBeTrue());
    }

    [Fact]
    public void Every_reader_that_is_in_finds_its_types_in_the_union()
    {
        string[] all = ["a", "b", "c", "d"];
        var random = new Random(Seed.New());
        for (var run = 0; run < 200; run++)
        {
            var interests = new Interests();
            var readers = new List<string[]?>();
            for (var step = 0; step < 40; step++)
            {
                if (readers.Count > 0 && random.Next(2) == 0)
                {
                    var leaves = random.Next(readers.Count);
                    interests.Remove(readers[leaves]);
                    readers.RemoveAt(leaves);
                }
                else
                {
                    var types = random.Next(5) == 0 ? null : all.Where(_ => random.Next(2) == 0).ToArray();
                    var before = interests.Current.Number;
                    readers.Add(types);
                    interests.Add(types).ShouldBe(interests.Current.Number > before);
                }

                var union = interests.Current.Types;
                readers.ShouldAllBe(r => union == null || (r != null && r.All(t => union.Contains(t))));
            }
        }
    }
}
