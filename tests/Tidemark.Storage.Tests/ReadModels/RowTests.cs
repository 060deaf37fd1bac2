using Tidemark.Projections;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.ReadModels;

/// <summary>Flat tables: rows set and incremented set-wise.</summary>
public abstract class RowTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly FlatColumn Text = new("label", ColumnType.Text, false);
    private static readonly FlatColumn Integer = new("count", ColumnType.Integer, false);
    private static readonly FlatColumn Real = new("ratio", ColumnType.Real, false);
    private static readonly FlatColumn Boolean = new("open", ColumnType.Boolean, false);
    private static readonly FlatColumn Timestamp = new("seen_at", ColumnType.Timestamp, false);
    private static readonly FlatColumn Total = new("total", ColumnType.Integer, true);
    private static readonly FlatColumn Note = new("note", ColumnType.Text, true);
    private static readonly FlatColumn Done = new("done", ColumnType.Boolean, true);
    private static readonly FlatTableSchema Schema = new("totals", "id", [Text, Integer, Real, Boolean, Timestamp, Total, Note, Done]);
    private static readonly DateTimeOffset Moment = new(2031, 2, 3, 4, 5, 6, 789, TimeSpan.FromHours(2));

    [Fact]
    public async Task Set_of_every_column_type_comes_back()
    {
        await PrepareAsync();

        await WriteAsync(Set(
            ["a", "b"],
            (Text, ["Grüße '\"\\ 日本 😀", ""]),
            (Integer, [long.MaxValue, long.MinValue]),
            (Real, [0.1, -1.7976931348623157E+308]),
            (Boolean, [true, false]),
            (Timestamp, [Moment, DateTimeOffset.UnixEpoch])));

        var rows = await Store.ReadRowsAsync(Schema, Token);
        rows.Keys.ShouldBe(["a", "b"], ignoreOrder: true);
        Values(rows["a"], Text, Integer, Real, Boolean, Timestamp)
            .ShouldBe(["Grüße '\"\\ 日本 😀", long.MaxValue, 0.1, true, Moment.ToUniversalTime()]);
        Values(rows["b"], Text, Integer, Real, Boolean, Timestamp)
            .ShouldBe(["", long.MinValue, -1.7976931348623157E+308, false, DateTimeOffset.UnixEpoch]);
    }

    [Fact]
    public async Task Set_to_null_of_every_column_type_comes_back()
    {
        await PrepareAsync();
        await WriteAsync(Set(["a"], (Text, ["x"]), (Integer, [1L]), (Real, [1d]), (Boolean, [true]), (Timestamp, [Moment])));

        object?[] nulls = [null, null];
        await WriteAsync(Set(["a", "b"], (Text, nulls), (Integer, nulls), (Real, nulls), (Boolean, nulls), (Timestamp, nulls)));

        var rows = await Store.ReadRowsAsync(Schema, Token);
        Values(rows["a"], Text, Integer, Real, Boolean, Timestamp).ShouldAllBe(v => v == null);
        Values(rows["b"], Text, Integer, Real, Boolean, Timestamp).ShouldAllBe(v => v == null);
    }

    [Fact]
    public async Task Columns_not_named_keep_their_values_and_begin_with_their_defaults()
    {
        await PrepareAsync();
        await WriteAsync(Set(["a"], (Text, ["x"])));

        await WriteAsync(Set(["a"], (Integer, [5L])));

        var row = (await Store.ReadRowsAsync(Schema, Token))["a"];
        Values(row, Text, Integer, Real, Boolean, Timestamp, Total, Note, Done).ShouldBe(["x", 5L, null, null, null, 0L, "", false]);
    }

    [Fact]
    public async Task Increment_counts_absent_and_null_as_zero()
    {
        await PrepareAsync();
        await WriteAsync(Set(["null"], (Integer, [null]), (Real, [null])));
        await WriteAsync(Set(["there"], (Integer, [40L]), (Real, [0.5])));

        await WriteAsync(
            Increment(["absent", "null", "there"], (Integer, [2L, 2L, 2L]), (Real, [0.25, 0.25, 0.25]), (Total, [-1L, -1L, -1L])));

        var rows = await Store.ReadRowsAsync(Schema, Token);
        Values(rows["absent"], Integer, Real, Total).ShouldBe([2L, 0.25, -1L]);
        Values(rows["null"], Integer, Real, Total).ShouldBe([2L, 0.25, -1L]);
        Values(rows["there"], Integer, Real, Total).ShouldBe([42L, 0.75, -1L]);
    }

    [Fact]
    public async Task Set_and_increment_in_one_row_take_effect_together()
    {
        await PrepareAsync();
        var upsert = new RowUpsert([new(Text, false), new(Total, true)], ["a", "b"], [["first", "second"], [1L, 2L]]);

        await WriteAsync(upsert);
        await WriteAsync(upsert);

        var rows = await Store.ReadRowsAsync(Schema, Token);
        Values(rows["a"], Text, Total).ShouldBe(["first", 2L]);
        Values(rows["b"], Text, Total).ShouldBe(["second", 4L]);
    }

    [Fact]
    public async Task Deletes_take_effect_before_upserts()
    {
        await PrepareAsync();
        await WriteAsync(Set(["a", "b", "c"], (Text, ["x", "x", "x"]), (Total, [10L, 10L, 10L])));

        await ReadModels.CommitAsync(
            new() { Rows = [new(Schema, 1, ["a", "b", "never"], [Increment(["a"], (Total, [1L])), Set(["d"], (Text, ["new"]))])] }, Token);

        var rows = await Store.ReadRowsAsync(Schema, Token);
        rows.Keys.ShouldBe(["a", "c", "d"], ignoreOrder: true);
        Values(rows["a"], Text, Total).ShouldBe([null, 1L]);
        Values(rows["c"], Text, Total).ShouldBe(["x", 10L]);
    }

    [Fact]
    public async Task Upsert_of_thousands_of_rows_is_one_commit()
    {
        const int count = 4000;
        await PrepareAsync();
        var keys = Enumerable.Range(0, count).Select(i => $"key-{i}").ToArray();
        var numbers = Enumerable.Range(0, count).Select(i => (object?)(long)i).ToArray();
        var group = new RowUpsert([new(Text, false), new(Total, true)], keys, [[.. keys.Cast<object?>()], numbers]);

        await WriteAsync(group);
        await WriteAsync(group);

        var rows = await Store.ReadRowsAsync(Schema, Token);
        rows.Count.ShouldBe(count);
        Values(rows["key-77"], Text, Total).ShouldBe(["key-77", 154L]);
    }

    [Fact]
    public async Task Writes_to_two_generations_are_apart()
    {
        await PrepareAsync();
        await ReadModels.PrepareAsync("Totals", 2, Schema, 2, Token);
        await WriteAsync(Set(["a"], (Text, ["one"])));
        await ReadModels.CommitAsync(new() { Rows = [new(Schema, 2, [], [Set(["a"], (Text, ["two"]))])] }, Token);
        Values((await Store.ReadRowsAsync(Schema, Token))["a"], Text).ShouldBe(["one"]);

        await ReadModels.PublishAsync("Totals", Schema, 2, Token);

        Values((await Store.ReadRowsAsync(Schema, Token))["a"], Text).ShouldBe(["two"]);
    }

    [Fact]
    public async Task Row_keys_are_ordinal()
    {
        string[] keys = ["a", "A", "\u00e9", "e\u0301", " a", "a ", "", "😀"];
        await PrepareAsync();

        await WriteAsync(new RowUpsert([new(Total, true)], keys, [[.. keys.Select((_, i) => (object?)(long)i)]]));

        var rows = await Store.ReadRowsAsync(Schema, Token);
        rows.Keys.ShouldBe(keys, ignoreOrder: true);
        for (var i = 0; i < keys.Length; i++)
            rows[keys[i]]["total"].ShouldBe((long)i);
    }

    private static RowUpsert Set(string[] keys, params (FlatColumn Column, object?[] Values)[] columns) => Upsert(false, keys, columns);

    private static RowUpsert Increment(string[] keys, params (FlatColumn Column, object?[] Values)[] columns) =>
        Upsert(true, keys, columns);

    private static RowUpsert Upsert(bool increment, string[] keys, (FlatColumn Column, object?[] Values)[] columns) =>
        new([.. columns.Select(c => new RowColumn(c.Column, increment))], keys, [.. columns.Select(c => c.Values)]);

    private static object?[] Values(IReadOnlyDictionary<string, object?> row, params FlatColumn[] columns) =>
        [.. columns.Select(c => row[c.Name])];

    private async Task PrepareAsync() => await ReadModels.PrepareAsync("Totals", 1, Schema, 1, Token);

    private async Task WriteAsync(RowUpsert upsert) => await ReadModels.CommitAsync(new() { Rows = [new(Schema, 1, [], [upsert])] }, Token);
}
