using System.Threading.Channels;
using Npgsql;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Log;
using Tidemark.PostgreSql;
using Tidemark.Storage.Tests.Stores;
using Tidemark.TestKit;
using Tidemark.TestKit.Postgres;
using Tidemark.Testing;

namespace Tidemark.Storage.Tests.Tenancy;

/// <summary>Tenants in databases of their own on one PostgreSQL server.</summary>
public sealed class PostgreSqlTenantDatabaseTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _deadline = CancellationTokenSource.CreateLinkedTokenSource(
        TestContext.Current.CancellationToken);

    private readonly List<string> _made = [];
    private PostgresCluster _cluster = null!;
    private string _main = null!;

    private CancellationToken Token => _deadline.Token;

    private string MainName => new NpgsqlConnectionStringBuilder(_main).Database!;

    public async ValueTask InitializeAsync()
    {
        _deadline.CancelAfter(TimeSpan.FromMinutes(2));
        if (Requirements.PostgreSqlMissing() is { } missing)
            Assert.Skip(missing);
        _cluster = (await PostgreSqlStore.ServerAsync()).Cluster;
        _main = await _cluster.CreateDatabaseAsync("t", Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_main is not null)
        {
            foreach (var name in _made)
                await _cluster.DropDatabaseAsync($"{MainName}_{name}");
            await _cluster.DropDatabaseAsync(MainName);
        }

        _deadline.Dispose();
    }

    [Fact]
    public async Task Work_on_12_databases_at_once_stays_within_a_budget_of_6_connections()
    {
        const int databases = 12;
        const int budget = 6;
        await using var tenants = Start(o => (o.TenantConnectionsMax, o.NodeConnectionsMax) = (2, budget));
        var storages = await Task.WhenAll(Enumerable.Range(1, databases).Select(n => OpenAsync(tenants, $"db{n}")));
        using var stop = new CancellationTokenSource();
        var sampling = SampleAsync(stop.Token);

        await Task.WhenAll(storages.SelectMany(storage => Enumerable.Range(0, 3).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 15; i++)
            {
                if ((i + worker) % 3 == 0)
                    await AppendInTransactionAsync(storage, $"stream-{worker}");
                else
                    await storage.Log.AppendAsync([Make.Append($"stream-{worker}", ExpectedVersion.Any)], Token);
                await storage.HighWater.ReadAsync(default, Token);
            }
        }, Token))));

        await stop.CancelAsync();
        var sessions = await sampling;
        var atOnce = AtOnce(sessions);
        TestContext.Current.TestOutputHelper!.WriteLine($"{sessions.Count} sessions, at most {atOnce} at once");
        atOnce.ShouldBeInRange(1, budget);
        sessions.Count.ShouldBeGreaterThan(budget, "connections were closed for other databases");
        foreach (var storage in storages)
            (await storage.Log.ReadAsync(new(Position.Beginning, Position.Max, LogFilter.All, 1000, int.MaxValue), Token))
                .Events.Count.ShouldBe(45);
    }

    [Fact]
    public async Task Failing_calls_leak_no_part_of_the_budget()
    {
        await using var tenants = Start(o => (o.TenantConnectionsMax, o.NodeConnectionsMax) = (2, 2));
        var one = await OpenAsync(tenants, "one");
        var absent = tenants.Open("absent");
        for (var i = 0; i < 5; i++)
        {
            await Should.ThrowAsync<PostgresException>(async () => await absent.HighWater.ReadAsync(default, Token));
            await Should.ThrowAsync<PostgresException>(async () => await absent.Log.BeginAsync(Token));
            await using var transaction = await one.Log.BeginAsync(Token);
            await Should.ThrowAsync<PostgresException>(async () =>
            {
                await using var command = transaction.Transaction!.Connection!.CreateCommand();
                command.CommandText = "select 1 / 0";
                await command.ExecuteNonQueryAsync(Token);
            });
        }

        await one.HighWater.ReadAsync(default, Token);
    }

    [Fact]
    public async Task Transaction_handed_out_keeps_its_connection_until_it_is_disposed()
    {
        await using var tenants = Start(o => (o.TenantConnectionsMax, o.NodeConnectionsMax) = (2, 2));
        var (one, two) = (await OpenAsync(tenants, "one"), await OpenAsync(tenants, "two"));
        var transaction = await one.Log.BeginAsync(Token);
        var waiting = two.HighWater.ReadAsync(default, Token).AsTask();

        await one.Log.AppendAsync(transaction, [Make.Append("order-1", ExpectedVersion.Any)], Token);
        await one.HighWater.ReadAsync(default, Token);
        await transaction.CommitAsync(Token);
        waiting.IsCompleted.ShouldBeFalse();
        await transaction.DisposeAsync();

        await waiting;
    }

    [Fact]
    public async Task Hints_of_tenant_databases_come_through_the_coordination_database_each_to_its_own()
    {
        await using var here = Start();
        await using var there = Start();
        var (one, two) = (await OpenAsync(here, "one"), await OpenAsync(here, "two"));
        var (heardOne, heardTwo, heardMain) = (new Heard(), new Heard(), new Heard());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        // Before the coordination database listens: hints cannot come yet, and it must not seem so.
        Task[] listening =
        [
            one.WakeUp.ListenAsync(heardOne.Add, stop.Token), two.WakeUp.ListenAsync(heardTwo.Add, stop.Token),
        ];
        heardOne.Count.ShouldBe(0);
        listening = [.. listening, here.Main.WakeUp.ListenAsync(heardMain.Add, stop.Token)];
        await heardOne.ReachesAsync(2, Token);
        await heardTwo.ReachesAsync(2, Token);

        // Notifications come in the order they were sent, so the one to the second database is the end of the others.
        var sender = there.Open("one");
        for (var i = 0; i < 3; i++)
            await sender.WakeUp.NotifyAsync(WakeUp.Appended, Token);
        await there.Open("two").WakeUp.NotifyAsync(WakeUp.Appended, Token);
        await heardTwo.ReachesAsync(3, Token);
        heardOne.Count.ShouldBe(5);
        heardTwo.Count.ShouldBe(3);
        heardMain.Count.ShouldBe(2, "none of them was for the coordination database");
        (await ListeningAsync()).ShouldBe([MainName]);
        await stop.CancelAsync();
        foreach (var task in listening)
            await Should.ThrowAsync<OperationCanceledException>(task);
    }

    [Fact]
    public async Task Listener_of_a_tenant_database_ends_with_the_coordination_databases_and_begins_with_it_again()
    {
        await using var tenants = Start();
        var one = await OpenAsync(tenants, "one");
        var heard = new Heard();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var main = tenants.Main.WakeUp.ListenAsync(_ => { }, stop.Token);
        var listening = one.WakeUp.ListenAsync(heard.Add, Token);
        await heard.ReachesAsync(2, Token);

        await using (var connection = new NpgsqlConnection(_main))
        {
            await connection.OpenAsync(Token);
            await connection.ExecuteAsync(
                $"select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' and datname = '{MainName}'", Token);
        }

        await Should.ThrowAsync<NpgsqlException>(main);
        await listening;
        listening = one.WakeUp.ListenAsync(heard.Add, stop.Token);
        listening.IsCompleted.ShouldBeFalse();
        heard.Count.ShouldBe(2);
        main = tenants.Main.WakeUp.ListenAsync(_ => { }, stop.Token);
        await heard.ReachesAsync(4, Token);

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(main);
        await Should.ThrowAsync<OperationCanceledException>(listening);
    }

    [Fact]
    public async Task Tenant_database_beside_a_coordination_database_of_another_kind_listens_by_itself()
    {
        await using var tenants = Start();
        await OpenAsync(tenants, "one");
        var memory = new InMemoryStorage(TestStore.NewContext());
        var connectionString = new NpgsqlConnectionStringBuilder(_main) { Database = $"{MainName}_one" }.ConnectionString;
        await using var one = new PostgreSqlStorage(
            new() { ConnectionString = connectionString }, TestStore.NewContext() with { Database = "one", Coordination = memory });
        var heard = new Heard();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var listening = one.WakeUp.ListenAsync(heard.Add, stop.Token);
        await heard.ReachesAsync(2, Token);

        await one.WakeUp.NotifyAsync(WakeUp.Appended, Token);
        await heard.ReachesAsync(3, Token);

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(listening);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Acme")]
    [InlineData("a.b")]
    [InlineData("a/b")]
    [InlineData("main")]
    [InlineData("a123456789b123456789c123456789d1234567891")]
    public async Task Name_that_is_not_allowed_is_refused(string name)
    {
        await using var tenants = Start();

        Should.Throw<ArgumentException>(() => tenants.Open(name)).Message.ShouldContain($"'{name}'");
    }

    [Fact]
    public async Task Place_of_a_tenant_database_can_be_given()
    {
        var asked = new List<string>();
        await using var tenants = Start(o => o.TenantDatabase = name =>
        {
            asked.Add(name);
            return new NpgsqlConnectionStringBuilder(_main) { Database = $"{MainName}_given" }.ConnectionString;
        });

        tenants.Open("one").Description.ShouldContain($"/{MainName}_given,");

        asked.ShouldBe(["one"]);
    }

    private Tenants Start(Action<PostgreSqlOptions>? configure = null) => new(b => b.UsePostgreSql(_main, configure));

    private async Task<IEventDatabaseStorage> OpenAsync(Tenants tenants, string name)
    {
        lock (_made)
            _made.Add(name);
        var storage = tenants.Open(name);
        await storage.Schema.ApplyAsync(Token);
        return storage;
    }

    private async Task AppendInTransactionAsync(IEventDatabaseStorage storage, string stream)
    {
        await using var transaction = await storage.Log.BeginAsync(Token);
        await storage.Log.AppendAsync(transaction, [Make.Append(stream, ExpectedVersion.Any)], Token);
        await transaction.CommitAsync(Token);
    }

    // The sessions in tenant databases, again and again until stopped.
    // The sessions that were seen: from when, and when each was last seen to have worked.
    private async Task<IReadOnlyCollection<(DateTime Began, DateTime Worked)>> SampleAsync(CancellationToken stop)
    {
        var sessions = new Dictionary<string, (DateTime Began, DateTime Worked)>();
        await using var connection = new NpgsqlConnection(_main);
        await connection.OpenAsync(Token);
        while (!stop.IsCancellationRequested)
        {
            var rows = await connection.RowsAsync(
                "select pid || ' ' || backend_start as session, backend_start, coalesce(state_change, backend_start) as worked " +
                $"from pg_stat_activity where datname like '{MainName}\\_%'",
                Token);
            foreach (var row in rows)
                sessions[(string)row["session"]!] = ((DateTime)row["backend_start"]!, (DateTime)row["worked"]!);
        }

        return sessions.Values;
    }

    // A session that the client has closed is listed until its process has ended; it was open for certain from its beginning until it last
    // worked.
    private static int AtOnce(IReadOnlyCollection<(DateTime Began, DateTime Worked)> sessions) =>
        sessions.Max(one => sessions.Count(s => s.Began <= one.Began && s.Worked >= one.Began));

    private async Task<List<string>> ListeningAsync()
    {
        await using var connection = new NpgsqlConnection(_main);
        await connection.OpenAsync(Token);
        var rows = await connection.RowsAsync(
            $"select datname from pg_stat_activity where query like 'listen %' and datname like '{MainName}%'", Token);
        return [.. rows.Select(r => (string)r["datname"]!)];
    }

    private sealed class Heard
    {
        private readonly Channel<WakeUp> _more = Channel.CreateUnbounded<WakeUp>();
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Add(WakeUp what)
        {
            Interlocked.Increment(ref _count);
            _more.Writer.TryWrite(what);
        }

        public async Task ReachesAsync(int count, CancellationToken cancellationToken)
        {
            while (Count < count)
                await _more.Reader.ReadAsync(cancellationToken);
        }
    }
}
