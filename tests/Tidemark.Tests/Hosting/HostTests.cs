using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Projections;
using Tidemark.Storage;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Hosting;

public sealed class HostTests
{
    private sealed class Schema(params string[] missing) : ISchema
    {
        private IReadOnlyList<string> _missing = missing;

        public int Applied { get; private set; }

        public ValueTask<SchemaStatus> CheckAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult(new SchemaStatus(_missing, []));

        public ValueTask ApplyAsync(CancellationToken cancellationToken)
        {
            Applied++;
            _missing = [];
            return ValueTask.CompletedTask;
        }

        public string Script() => "";
    }

    [Fact]
    public async Task Store_and_daemon_live_with_a_host()
    {
        using var host = Build("Production", t => t.UseInMemory());
        await host.StartAsync().InTime();
        var store = host.Services.GetRequiredService<EventStore>();
        var daemon = host.Services.GetRequiredService<Daemon>();
        daemon.IsRunning.ShouldBeTrue();
        await store.AppendAsync("a", ExpectedVersion.NoStream, [new Opened("A"), new Deposited(5)]);
        await daemon.WaitForCaughtUpAsync(Deadlines.Max);
        (await store.Documents<Balance>().FindAsync("a")).ShouldBe(new Balance("A", 5, 1));

        await host.StopAsync().InTime();

        daemon.IsRunning.ShouldBeFalse();
        daemon.Status().Shards.ShouldBeEmpty();
    }

    [Fact]
    public async Task Container_that_handed_out_the_daemon_can_be_closed()
    {
        foreach (var stopFirst in (bool[])[true, false])
        {
            var host = Build("Production", t => t.UseInMemory());
            await host.StartAsync().InTime();
            var store = host.Services.GetRequiredService<EventStore>();
            host.Services.GetRequiredService<Daemon>().IsRunning.ShouldBeTrue();
            if (stopFirst)
                await host.StopAsync().InTime();

            await ((IAsyncDisposable)host).DisposeAsync().InTime();

            var append = () => store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)]);
            await Should.ThrowAsync<ObjectDisposedException>(() => append().InTime());
        }
    }

    [Fact]
    public async Task Start_and_stop_may_be_called_again()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>());
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => bank.Daemon.StartAsync())).InTime();
        await bank.AppendAsync(new Happening("", "a", new Opened("A")));
        await bank.CaughtUpAsync();
        bank.Daemon.Status().Shards.Count.ShouldBe(1);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => bank.Daemon.StopAsync())).InTime();
        bank.Daemon.IsRunning.ShouldBeFalse();

        await bank.AppendAsync(new Happening("", "a", new Deposited(7)));
        await bank.Daemon.StartAsync().InTime();
        await bank.CaughtUpAsync();
        (await bank.Store.Documents<Balance>().FindAsync("a")).ShouldBe(new Balance("A", 7, 1));
        await bank.DisposeAsync().InTime();
        await bank.DisposeAsync().InTime();
    }

    [Fact]
    public async Task Daemon_runs_only_when_something_needs_it()
    {
        await using var none = await BankHost.StartAsync(_ => { });
        none.Daemon.IsRunning.ShouldBeFalse();
        await using var live = await BankHost.StartAsync(t => t.AddProjection<Balances>(ProjectionLifecycle.Live));
        live.Daemon.IsRunning.ShouldBeFalse();
        await using var off = await BankHost.StartAsync(t => t.AddProjection<Balances>().Configure(o => o.RunDaemon = false));
        off.Daemon.IsRunning.ShouldBeFalse();
        await using var on = await BankHost.StartAsync(t => t.AddProjection<Balances>());
        on.Daemon.IsRunning.ShouldBeTrue();
    }

    [Fact]
    public async Task Store_must_be_chosen_and_only_once()
    {
        (await Should.ThrowAsync<InvalidOperationException>(() => TidemarkHost.StartAsync(_ => { }))).Message
            .ShouldContain("No store is chosen");
        Should.Throw<InvalidOperationException>(() => new ServiceCollection().AddTidemark(t => t.UseInMemory().UseInMemory()))
            .Message.ShouldContain("A store is chosen already");
    }

    [Fact]
    public void Second_store_in_one_application_is_refused()
    {
        var services = new ServiceCollection().AddTidemark(t => t.UseInMemory());

        Should.Throw<InvalidOperationException>(() => services.AddTidemark(t => t.UseInMemory())).Message.ShouldContain("AddTidemark");
    }

    [Theory]
    [InlineData("Development", SchemaMode.Auto, false, true)]
    [InlineData("Production", SchemaMode.Auto, false, false)]
    [InlineData("Staging", SchemaMode.Auto, false, false)]
    [InlineData("Production", SchemaMode.Auto, true, true)]
    [InlineData("Production", SchemaMode.Apply, false, true)]
    [InlineData("Development", SchemaMode.Check, false, false)]
    [InlineData("Development", SchemaMode.Check, true, false)]
    [InlineData(null, SchemaMode.Auto, false, true)]
    [InlineData(null, SchemaMode.Check, false, false)]
    public async Task Schema_is_applied_or_checked_as_mode_and_environment_say(string? environment, SchemaMode mode, bool embedded,
        bool applies)
    {
        var schema = new Schema("0001_events", "0002_append");
        void Configure(TidemarkBuilder t) => t.Configure(o => o.Schema = mode)
            .UseStorage(context => new HookedStorage(new(context)) { OtherSchema = schema }, embedded);
        Func<Task> start = environment is null
            ? async () => await (await TidemarkHost.StartAsync(Configure)).DisposeAsync()
            : async () =>
            {
                using var host = Build(environment, Configure);
                await host.StartAsync();
            };

        if (applies)
        {
            await start();
        }
        else
        {
            var error = await Should.ThrowAsync<SchemaException>(start);
            error.Message.ShouldContain("2 migration(s) are missing (0001_events, 0002_append)");
            error.Message.ShouldContain("Tidemark:Schema");
        }

        schema.Applied.ShouldBe(applies ? 1 : 0);
    }

    [Fact]
    public async Task Inline_projection_of_another_version_does_not_start()
    {
        await using var old = await BankHost.StartAsync(t => t.AddProjection(new Balances(), ProjectionLifecycle.Inline));
        await old.DisposeAsync();

        var error = await Should.ThrowAsync<InvalidOperationException>(
            () => BankHost.StartAsync(t => t.AddProjection(new Balances(version: 2), ProjectionLifecycle.Inline), old));

        error.Message.ShouldContain("'Balances' has version 2, its read model version 1");
    }

    private static IHost Build(string environment, Action<TidemarkBuilder> build)
    {
        var builder = Host.CreateApplicationBuilder(
            new HostApplicationBuilderSettings { EnvironmentName = environment, DisableDefaults = true });
        builder.Services.AddTidemark(t =>
        {
            t.Events(e => Accounts.Register(e)).AddProjection<Balances>();
            build(t);
        });
        return builder.Build();
    }
}
