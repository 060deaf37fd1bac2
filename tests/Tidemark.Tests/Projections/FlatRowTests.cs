using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Tidemark.Projections;
using Tidemark.Testing;

namespace Tidemark.Tests.Projections;

/// <summary>Changes folded per row and written set-wise against the same changes one after the other.</summary>
public sealed class FlatRowTests
{
    private enum Verb
    {
        Set,
        SetNull,
        Increment,
        Touch,
        Delete,
        Commit,
    }

    private static readonly FlatTableSchema Schema = new(
        "rows", "key",
        [new("n", ColumnType.Integer, false), new("m", ColumnType.Integer, true), new("r", ColumnType.Real, false),
            new("t", ColumnType.Text, false)]);

    private static readonly Gen<(Verb Verb, string Key, string Column, int Value)> Steps =
        from verb in Gen.Frequency(
            (4, Gen.Constant(Verb.Set)), (2, Gen.Constant(Verb.SetNull)), (8, Gen.Constant(Verb.Increment)), (1, Gen.Constant(Verb.Touch)),
            (2, Gen.Constant(Verb.Delete)), (2, Gen.Constant(Verb.Commit)))
        from key in Gen.Elements("a", "b", "c")
        from column in Gen.Elements("n", "m", "r", "t")
        from value in Gen.Choose(-50, 50)
        select (verb, key, column, value);

    [Fact]
    public void Folded_changes_give_what_single_ones_give() => Prop.ForAll(
        Arb.From(Gen.ListOf(Steps)), steps =>
        {
            var storage = new InMemoryStorage(new("main", new ManualClock(), new(), NullLoggerFactory.Instance));
            storage.ReadModels.PrepareAsync("Rows", 1, Schema, 1, CancellationToken.None).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
            var changes = new FlatChanges(Schema, SlotScope.All);
            var model = new SortedDictionary<string, Dictionary<string, object?>>(StringComparer.Ordinal);
            foreach (var step in steps.Append((Verb.Commit, "a", "n", 0)))
            {
                if (step.Item1 == Verb.Commit)
                    Commit(storage, changes);
                else
                    Change(changes, model, step.Item1, step.Item2, step.Item3, step.Item4);
            }

            storage.ReadRows("rows").Select(r => Text(r.Key, r.Values)).ShouldBe(model.Select(r => Text(r.Key, r.Value)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    [Fact]
    public void Value_that_does_not_fit_its_column_is_refused()
    {
        var row = new FlatChanges(Schema, SlotScope.All).Row("a");
        Should.Throw<ArgumentException>(() => row.Set("n", "text")).Message.ShouldContain("Column 'n' is Integer");
        Should.Throw<ArgumentException>(() => row.Set("nothing", 1)).Message.ShouldContain("it has n, m, r, t");
        Should.Throw<ArgumentException>(() => row.Increment("t")).Message.ShouldContain("'t' is Text");
        Should.Throw<ArgumentException>(() => row.Increment("n", 0.5)).Message.ShouldContain("'n' is Integer");
        Should.Throw<InvalidOperationException>(() => new FlatChanges(Schema, SlotScope.All).Row(""));
    }

    [Fact]
    public void Sum_that_overflows_is_an_error_and_not_a_wrong_number()
    {
        var row = new FlatChanges(Schema, SlotScope.All).Row("a");
        row.Increment("n", long.MaxValue);
        Should.Throw<OverflowException>(() => row.Increment("n", 1));
    }

    private static void Commit(InMemoryStorage storage, FlatChanges changes)
    {
        var commit = new ReadModelCommit();
        if (changes.ToChanges(1) is { } rows)
            commit = commit with { Rows = [rows] };
        storage.ReadModels.CommitAsync(commit, CancellationToken.None).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        changes.Clear();
    }

    private static void Change(
        FlatChanges changes, SortedDictionary<string, Dictionary<string, object?>> model, Verb verb, string key, string column, int value)
    {
        var row = changes.Row(key);
        if (verb == Verb.Delete)
        {
            row.Delete();
            model.Remove(key);
            return;
        }

        if (!model.TryGetValue(key, out var stored))
            model[key] = stored = new(StringComparer.Ordinal) { ["n"] = null, ["m"] = 0L, ["r"] = null, ["t"] = null };
        object? given = column switch { "r" => value / 2.0, "t" => $"t{value}", _ => (long)value };
        switch (verb)
        {
            case Verb.Set:
                row.Set(column, given);
                stored[column] = given;
                break;
            case Verb.SetNull when column != "m":
                row.Set(column, null);
                stored[column] = null;
                break;
            case Verb.Increment when column == "r":
                row.Increment(column, value / 2.0);
                stored[column] = (double)(stored[column] ?? 0d) + (value / 2.0);
                break;
            case Verb.Increment when column != "t":
                row.Increment(column, value);
                stored[column] = (long)(stored[column] ?? 0L) + value;
                break;
        }
    }

    private static string Text(string key, IReadOnlyDictionary<string, object?> values) =>
        $"{key}: " + string.Join(", ", values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}={v.Value ?? "null"}"));
}
