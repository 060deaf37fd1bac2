using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.PostgreSql;

/// <summary>
/// Does the suite see the defects that would let a reader skip an event? Each one is made in a scratch schema, and a probe must lose an
/// event there, as surely as it loses none where the schema is as the migrations made it.
/// </summary>
public sealed class HighWaterMutationTests : StoreTests<PostgreSqlStore>
{
    private const string ReadSequence = "last := pg_sequence_last_value('{schema}.positions'::regclass);";
    private const string ReadHolders = "bound := (select min(h.bound) from {schema}.bound_holders() h);";

    private PostgreSqlStore PostgreSql => (PostgreSqlStore)Store;

    private SkipProbe Probe => new(PostgreSql, Token);

    [Fact]
    public async Task Unchanged_schema_loses_nothing_beside_an_open_append() =>
        (await Probe.OpenAppendBesideACommittedOneAsync()).ShouldBeEmpty();

    [Fact]
    public async Task Unchanged_schema_loses_nothing_of_a_session_that_appended_before() =>
        (await Probe.OpenAppendOfASessionThatAppendedBeforeAsync()).ShouldBeEmpty();

    [Fact]
    public async Task Unchanged_schema_loses_nothing_after_a_rolled_back_savepoint() =>
        (await Probe.OpenAppendAfterARolledBackSavepointAsync()).ShouldBeEmpty();

    [Fact]
    public async Task Mark_and_page_in_two_statements_lose_nothing() =>
        (await Probe.CommitBetweenSnapshotAndScanAsync(oneStatement: false)).ShouldBeEmpty();

    [Fact]
    public async Task Mark_and_page_in_one_statement_lose_an_event() =>
        (await Probe.CommitBetweenSnapshotAndScanAsync(oneStatement: true)).ShouldBe(["slow"]);

    [Fact]
    public async Task Sequence_with_a_cache_loses_an_event()
    {
        await MutateAsync("alter sequence {schema}.positions cache 2");

        (await Probe.OpenAppendOfASessionThatAppendedBeforeAsync()).ShouldBe(["slow"]);
    }

    [Fact]
    public async Task Bound_published_after_the_numbers_are_drawn_loses_an_event()
    {
        await MutateAsync(
            """
            alter function {schema}.publish_bound rename to publish_bound_late;
            create function {schema}.publish_bound(p_in_transaction boolean) returns void language plpgsql as 'begin end';
            create function {schema}.publish_after_insert() returns trigger language plpgsql as
                'declare ignored boolean; begin ignored := {schema}.publish_bound_late(false) is null; return null; end';
            create trigger publish_after_insert after insert on {schema}.events
                for each statement execute function {schema}.publish_after_insert()
            """);

        (await Probe.OpenAppendBesideACommittedOneAsync()).ShouldBe(["slow"]);
    }

    [Fact]
    public async Task Append_that_publishes_no_bound_loses_an_event()
    {
        await MutateAsync(
            "create or replace function {schema}.publish_bound(p_in_transaction boolean) returns void language plpgsql as 'begin end'");

        (await Probe.OpenAppendBesideACommittedOneAsync()).ShouldBe(["slow"]);
    }

    [Fact]
    public async Task Bound_published_only_by_the_first_append_of_a_session_loses_an_event_after_a_rolled_back_savepoint()
    {
        // As by a client that remembers that it has locked: the lock went with the savepoint, the memory (here a sequence) did not.
        await MutateAsync(
            """
            alter function {schema}.publish_bound rename to publish_bound_always;
            create sequence {schema}.published;
            create function {schema}.publish_bound(p_in_transaction boolean) returns void language plpgsql as
                'declare ignored boolean;
                begin
                    if nextval(''{schema}.published'') = 1 then ignored := {schema}.publish_bound_always(false) is null; end if;
                end'
            """);

        (await Probe.OpenAppendAfterARolledBackSavepointAsync()).ShouldBe(["slow"]);
    }

    [Fact]
    public async Task Holders_looked_at_before_the_sequence_lose_an_event()
    {
        await MutateAsync(MarkSql(ReadHolders, ReadSequence));

        (await Probe.AppendBetweenTheReadsOfTheMarkAsync()).ShouldBe(["slow"]);
    }

    [Fact]
    public async Task Sequence_looked_at_before_the_holders_loses_nothing()
    {
        await MutateAsync(MarkSql(ReadSequence, ReadHolders));

        (await Probe.AppendBetweenTheReadsOfTheMarkAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Mark_inside_a_repeatable_read_transaction_is_refused()
    {
        await using var connection = await PostgreSql.ConnectAsync("reader", Token);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Token);

        var refused = await Should.ThrowAsync<Npgsql.PostgresException>(
            () => connection.ScalarAsync($"select mark from {PostgreSql.Schema}.high_water(0)", Token));

        refused.MessageText.ShouldContain("READ COMMITTED");
    }

    /// <summary>The mark by two reads in the given order, with a gate between them.</summary>
    private static string MarkSql(string first, string second) =>
        $$"""
        create or replace function {schema}.high_water(p_known bigint, out mark bigint, out last bigint)
        language plpgsql volatile as $function$
        declare
            bound bigint;
            ignored boolean;
        begin
            {{first}}
            ignored := {{SkipProbe.PassTheGate}} is null;
            {{second}}
            mark := least(last, bound);
        end
        $function$
        """;

    private async Task MutateAsync(string sql)
    {
        await using var connection = await Store.ConnectAsync(Token);
        await connection.ExecuteAsync(sql.Replace("{schema}", PostgreSql.Schema, StringComparison.Ordinal), Token);
    }
}
