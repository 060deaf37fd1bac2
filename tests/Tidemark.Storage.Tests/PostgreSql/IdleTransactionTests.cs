using Npgsql;
using Tidemark.Log;
using Tidemark.PostgreSql;
using Tidemark.Projections;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.PostgreSql;

/// <summary>The server ends transactions of the store that say nothing for too long, and leaves those of the application alone.</summary>
public sealed class IdleTransactionTests : StoreTests<PostgreSqlStore>
{
    private const string Setting = "show idle_in_transaction_session_timeout";

    private PostgreSqlStore PostgreSql => (PostgreSqlStore)Store;

    [Fact]
    public async Task Transaction_of_the_store_is_bounded_before_its_first_write_and_leaves_nothing_in_the_session()
    {
        await using (var asked = await Log.BeginAsync(Token))
        {
            await ReadModels.BoundIdleAsync(asked, Token);
            (await BoundAsync(asked)).ShouldBe("10s");
        }

        await using (var written = await Log.BeginAsync(Token))
        {
            await ReadModels.WriteAsync(written, new ReadModelCommit(), Token);
            (await BoundAsync(written)).ShouldBe("10s");
            await written.CommitAsync(Token);
        }

        await using var next = await Log.BeginAsync(Token);
        (await BoundAsync(next)).ShouldBe("0");
    }

    [Fact]
    public async Task Shorter_bound_of_the_session_stays_and_a_lent_transaction_is_not_bounded()
    {
        await using var strict = await Log.BeginAsync(Token);
        await strict.Transaction!.Connection!.ExecuteAsync(
            "set local idle_in_transaction_session_timeout = '3s'", Token, strict.Transaction);
        await ReadModels.BoundIdleAsync(strict, Token);
        (await BoundAsync(strict)).ShouldBe("3s");

        await using var connection = await PostgreSql.ConnectAsync("lender", Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var lent = Log.Lend(transaction);
        await ReadModels.BoundIdleAsync(lent, Token);
        await ReadModels.WriteAsync(lent, new ReadModelCommit(), Token);
        (await BoundAsync(lent)).ShouldBe("0");
    }

    [Fact]
    public async Task Transaction_that_was_ended_for_its_silence_fails_as_an_outage_and_wrote_nothing()
    {
        await using var connection = await PostgreSql.ConnectAsync("observer", Token);
        await connection.ExecuteAsync("create table silence (n int)", Token);
        await using var silent = await Log.BeginAsync(Token);
        await ReadModels.BoundIdleAsync(silent, Token);
        var own = (NpgsqlConnection)silent.Transaction!.Connection!;
        await own.ExecuteAsync($"insert into {PostgreSql.Schema}.silence values (1)", Token, silent.Transaction);
        await own.ExecuteAsync("set local idle_in_transaction_session_timeout = '50ms'", Token, silent.Transaction);
        while (await connection.ScalarAsync($"select count(*) from pg_stat_activity where pid = {own.ProcessID}", Token) != "0")
            await Task.Yield();

        var error = await Should.ThrowAsync<NpgsqlException>(async () => await silent.CommitAsync(Token));

        Storage.IsTransient(error).ShouldBeTrue(error.ToString());
        (await connection.ScalarAsync("select count(*) from silence", Token)).ShouldBe("0");
    }

    [Theory]
    [InlineData(99)]
    [InlineData(3_600_001)]
    public void Bound_out_of_its_range_is_refused(int milliseconds)
    {
        var options = new PostgreSqlOptions { ConnectionString = "Host=db", IdleTransactionMax = TimeSpan.FromMilliseconds(milliseconds) };

        Should.Throw<ArgumentException>(options.Validate).Message.ShouldContain("IdleTransactionMax is");
        options.IdleTransactionMax = null;
        options.Validate();
    }

    private async Task<string?> BoundAsync(IStoreTransaction transaction) =>
        await transaction.Transaction!.Connection!.ScalarAsync(Setting, Token, transaction.Transaction);
}
