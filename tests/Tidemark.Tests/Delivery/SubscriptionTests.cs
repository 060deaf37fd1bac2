using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Delivery;

/// <summary>Subscriptions that code in the process consumes: what they get, from where on, and after a restart.</summary>
public sealed class SubscriptionTests : DeliveryScene
{
    private readonly Inbox _mail = new();

    [Fact]
    public async Task Every_event_is_delivered_once_in_the_order_of_the_log_before_and_after_a_restart()
    {
        await StartAsync();
        await DepositAsync("account-1", 1, 2, 3);
        await DepositAsync("account-2", 4);
        await _mail.ReceivedAsync(4);
        await Host.DisposeAsync();
        await StartAsync();
        await DepositAsync("account-1", 5);
        await _mail.ReceivedAsync(5);

        _mail.Amounts.ShouldBe([1, 2, 3, 4, 5]);
        _mail.Events.Select(e => e.Position.Value).ShouldBeInOrder();
    }

    [Fact]
    public async Task Only_events_of_the_types_streams_and_tenant_that_were_named_are_delivered()
    {
        await StartAsync(s => s.Only<Deposited>().Streams("account-").Tenant("acme"));
        var acme = Host.Store.ForTenant("acme");
        await DepositAsync("account-1", 1);
        await acme.AppendAsync("safe-1", ExpectedVersion.Any, [new Deposited(2)]);
        await acme.AppendAsync("account-1", ExpectedVersion.Any, [new Opened("anna"), new Deposited(3), new Withdrawn(4)]);
        await acme.AppendAsync("account-2", ExpectedVersion.Any, [new Deposited(5)]);
        await _mail.ReceivedAsync(2);

        _mail.Amounts.ShouldBe([3, 5]);
    }

    [Fact]
    public async Task A_new_subscription_begins_where_it_says()
    {
        await StartAsync(s => s.From(SubscriptionStart.End));
        await StoredAsync();
        await Host.DisposeAsync();
        await StartWithoutAsync();
        await DepositAsync("account-1", 1, 2, 3);
        var third = (await Host.Store.ReadStreamAsync("account-1").ToListAsync())[2];
        await Host.DisposeAsync();

        var (all, at, since, end) = (new Inbox(), new Inbox(), new Inbox(), new Inbox());
        await StartAsync(
            s => s.From(SubscriptionStart.End),
            t => t
                .AddSubscription("all", all.HandleAsync)
                .AddSubscription("at", at.HandleAsync, s => s.From(SubscriptionStart.At(third.Position)))
                .AddSubscription("since", since.HandleAsync, s => s.From(SubscriptionStart.Since(third.RecordedAt.AddHours(1))))
                .AddSubscription("end", end.HandleAsync, s => s.From(SubscriptionStart.End)));
        await StoredAsync(5);
        await DepositAsync("account-2", 4);

        // The one that was there before its events goes on where it was made.
        await _mail.ReceivedAsync(4);
        await all.ReceivedAsync(4);
        await at.ReceivedAsync(2);
        await since.UntilAsync(() => since.Amounts is [.., 4]);
        await end.ReceivedAsync(1);
        _mail.Amounts.ShouldBe([1, 2, 3, 4]);
        all.Amounts.ShouldBe([1, 2, 3, 4]);
        at.Amounts.ShouldBe([3, 4]);
        since.Events.ShouldAllBe(e => e.RecordedAt >= third.RecordedAt);
        end.Amounts.ShouldBe([4]);
    }

    [Fact]
    public async Task Streams_of_partitions_are_delivered_in_order_each()
    {
        await StartAsync(s => s.Partitions(4));
        for (var amount = 1; amount <= 10; amount++)
        {
            for (var account = 0; account < 8; account++)
                await DepositAsync($"account-{account}", amount);
        }

        await _mail.ReceivedAsync(80);
        foreach (var stream in _mail.Events.GroupBy(e => e.StreamId))
            stream.Select(e => ((Deposited)e.Data).Amount).ShouldBe([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        Host.Daemon.Status().Shards.Count(s => s.Shard.Projection == "mail").ShouldBe(4);
    }

    [Fact]
    public async Task A_start_at_the_end_lies_between_the_appends_before_and_after_it()
    {
        await StartWithoutAsync();
        await Task.WhenAll(Enumerable.Range(1, 4).Select(async writer =>
        {
            for (var round = 1; round <= 50; round++)
            {
                var name = $"remote-{writer}-{round}";
                var before = await Host.Store.AppendAsync($"account-{writer}", ExpectedVersion.Any, [new Deposited(round)]);
                var made = await Host.Host.Subscriptions.CreateAsync(
                    new SubscriptionDefinition { Name = name, Kind = SubscriptionKind.Remote, Start = SubscriptionStart.End });
                var after = await Host.Store.AppendAsync($"account-{writer}", ExpectedVersion.Any, [new Deposited(round)]);

                made.StartOn("main").ShouldBeInRange(before.Last, new(after.First.Value - 1));
            }
        }));
    }

    [Fact]
    public async Task What_the_code_says_differently_later_is_delivered_from_where_it_stands()
    {
        await StartAsync(s => s.Streams("account-1"));
        await DepositAsync("account-2", 1);
        await DepositAsync("account-1", 2);
        await _mail.ReceivedAsync(1);
        await Host.DisposeAsync();
        await StartAsync(s => s.Streams("account-"));
        await DepositAsync("account-2", 3);
        await _mail.ReceivedAsync(2);

        _mail.Amounts.ShouldBe([2, 3]);
    }

    [Fact]
    public async Task A_definition_that_is_changed_while_it_runs_counts_at_once()
    {
        await StartAsync(s => s.Streams("account-1"));
        await DepositAsync("account-1", 1);
        await _mail.ReceivedAsync(1);
        var stands = (await Host.Host.Subscriptions.ReadAsync()).ShouldHaveSingleItem();
        await Host.Host.Subscriptions.ChangeAsync(stands.Definition with { StreamPrefix = "account-2" });
        await Eventually.TrueAsync(
            async () =>
            {
                await DepositAsync("account-2", 2);
                return _mail.Amounts.Contains(2);
            },
            () => "the other stream is delivered");
        await DepositAsync("account-1", 3);
        await DepositAsync("account-2", 4);
        await _mail.UntilAsync(() => _mail.Amounts.Contains(4));

        _mail.Amounts.ShouldNotContain(3);
    }

    [Fact]
    public async Task A_removed_subscription_ends_and_its_name_begins_anew()
    {
        await StartAsync();
        await DepositAsync("account-1", 1);
        await _mail.ReceivedAsync(1);
        (await Host.Host.Subscriptions.RemoveAsync("mail")).ShouldBeTrue();
        await Eventually.TrueAsync(
            async () => (await Host.Storage.Leases.ReadAsync(default)).Shards.Count == 0
                && (await Host.Storage.Checkpoints.ReadAllAsync(default)).Count == 0,
            () => "leases and checkpoints go");
        (await Host.Host.Subscriptions.RemoveAsync("mail")).ShouldBeFalse();
        await Host.DisposeAsync();

        await StartAsync();
        await _mail.ReceivedAsync(2);
        _mail.Amounts.ShouldBe([1, 1]);
    }

    [Fact]
    public async Task Rewound_it_delivers_everything_again_without_new_events_and_then_goes_on()
    {
        await StartAsync();
        await DepositAsync("account-1", 1, 2, 3);
        await _mail.ReceivedAsync(3);

        (await Host.Host.Control.RewindAsync("mail", new Position(2)).InTime()).Result.ShouldBe(
            "1 shard(s) on main go on after position 1.");

        await _mail.ReceivedAsync(5);
        await DepositAsync("account-1", 4);
        await _mail.ReceivedAsync(6);
        _mail.Amounts.ShouldBe([1, 2, 3, 2, 3, 4]);
        (await Host.Host.Control.RewindToAsync("mail", SubscriptionStart.End).InTime()).Result.ShouldBe(
            "1 shard(s) on main go on after position 4.");
        await DepositAsync("account-1", 5);
        await _mail.ReceivedAsync(7);
        _mail.Amounts[^1].ShouldBe(5);
    }

    [Fact]
    public async Task Paused_it_delivers_nothing_until_it_is_resumed()
    {
        await StartAsync();
        await DepositAsync("account-1", 1);
        await _mail.ReceivedAsync(1);
        await Host.Host.Control.PauseAsync("mail").InTime();
        await DepositAsync("account-1", 2);
        await Host.Host.Control.ResumeAsync("mail").InTime();
        await _mail.ReceivedAsync(2);

        _mail.Amounts.ShouldBe([1, 2]);
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_with_a_reason()
    {
        await StartAsync();
        var directory = Host.Host.Subscriptions;
        await StoredAsync();

        var wrong = new SubscriptionDefinition { Name = "bad name", Kind = SubscriptionKind.Remote };
        (await Should.ThrowAsync<ArgumentException>(() => directory.CreateAsync(wrong))).Message.ShouldContain("'bad name' is no name");
        wrong = new() { Name = "a", Kind = SubscriptionKind.Remote, Partitions = 0, Policy = new() { BatchEventsMax = 0 }, Types = [] };
        var message = (await Should.ThrowAsync<ArgumentException>(() => directory.CreateAsync(wrong))).Message;
        message.ShouldContain("Partitions is 0");
        message.ShouldContain("BatchEventsMax is 0");
        message.ShouldContain("Types is empty");
        wrong = new() { Name = "mail", Kind = SubscriptionKind.Remote };
        (await Should.ThrowAsync<ArgumentException>(() => directory.CreateAsync(wrong))).Message.ShouldContain("another definition");
        (await Should.ThrowAsync<ArgumentException>(() => directory.ChangeAsync(wrong))).Message.ShouldContain("is of kind InProcess");
        (await Should.ThrowAsync<ArgumentException>(() => directory.ChangeAsync(new() { Name = "nobody" })))
            .Message.ShouldContain("no subscription 'nobody'");
        wrong = new() { Name = "b" };
        (await Should.ThrowAsync<ArgumentException>(() => directory.CreateAsync(wrong))).Message.ShouldContain("AddSubscription");
    }

    private Task StartAsync(Action<SubscriptionBuilder>? configure = null, Action<TidemarkBuilder>? more = null) => StartAsync(t =>
    {
        t.AddSubscription("mail", _mail.HandleAsync, configure);
        more?.Invoke(t);
    });

    private Task StoredAsync(int count = 1) => Eventually.TrueAsync(
        async () => (await Host.Host.Subscriptions.ReadAsync()).Count == count, () => "the subscriptions of the code are stored");
}
