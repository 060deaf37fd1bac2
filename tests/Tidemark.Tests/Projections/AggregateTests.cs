using FsCheck.Fluent;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Projections;

public sealed class AggregateTests
{
    [Fact]
    public async Task Stream_is_folded_to_what_it_was_at_each_version_and_moment()
    {
        foreach (var happenings in Seed.Cases(Gen.ListOf(BankLedger.Happenings, 20), 10))
        {
            var clock = new ManualClock();
            await using var bank = await BankHost.StartAsync(
                t => t.AddProjection<Balances>(ProjectionLifecycle.Live).Configure(o => o.Log.PageEventsMax = 3), clock: clock);
            var states = new List<(DateTimeOffset Moment, Balance? Balance)> { (clock.GetUtcNow(), null) };
            var ledger = new BankLedger();
            foreach (var h in happenings.Select(h => h with { Tenant = "", Account = "a" }))
            {
                clock.Advance(TimeSpan.FromSeconds(10));
                await bank.AppendAsync(h);
                ledger.Add(h);
                states.Add((clock.GetUtcNow(), ledger.Balances.GetValueOrDefault(("", "a"))));
            }

            for (var version = 0; version < states.Count; version++)
            {
                var expected = new Aggregate<Balance>("a", states[version].Balance, new(version));
                (await bank.Store.AggregateAsync<Balance>("a", AggregateUntil.AtVersion(new(version)))).ShouldBe(expected);
                (await bank.Store.AggregateAsync<Balance>("a", AggregateUntil.AtTime(states[version].Moment))).ShouldBe(expected);
                (await bank.Store.AggregateAsync<Balance>("a", AggregateUntil.AtTime(states[version].Moment.AddSeconds(9))))
                    .ShouldBe(expected);
            }

            (await bank.Store.AggregateAsync<Balance>("a")).ShouldBe(new("a", states[^1].Balance, new(states.Count - 1)));
        }
    }

    [Fact]
    public async Task Stream_without_events_has_no_document()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>(ProjectionLifecycle.Live));
        (await bank.Store.AggregateAsync<Balance>("none")).ShouldBe(new("none", null, StreamVersion.None));
        bank.Daemon.IsRunning.ShouldBeFalse();
    }

    [Fact]
    public async Task Concurrent_decisions_never_rest_on_an_old_state()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>(ProjectionLifecycle.Live));
        await bank.AppendAsync(new("", "a", new Opened("A")), new Happening("", "a", new Deposited(30)));

        var paid = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var n = 0; n < 10; n++)
            {
                try
                {
                    var result = await bank.Store.DecideAsync<Balance>(
                        "a", state => state.Document!.Amount >= 1 ? [new Withdrawn(1)] : []);
                    if (result is not null)
                        Interlocked.Increment(ref paid);
                }
                catch (VersionConflictException)
                {
                    n--;
                }
            }
        }))).InTime();

        paid.ShouldBe(30);
        (await bank.Store.AggregateAsync<Balance>("a")).Document.ShouldBe(new Balance("A", 0, 31));
    }

    [Fact]
    public async Task Decision_that_always_comes_too_late_ends_with_the_conflict()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>(ProjectionLifecycle.Live));
        var decisions = 0;

        await Should.ThrowAsync<VersionConflictException>(() => bank.Store.DecideAsync<Balance>("a", _ =>
        {
            decisions++;
            bank.Store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)]).Wait(Deadlines.Max).ShouldBeTrue();
            return [new Opened("late")];
        }));

        decisions.ShouldBe(10);
        (await bank.Store.AggregateAsync<Balance>("a")).Document.ShouldBeNull();
    }

    [Fact]
    public async Task Event_of_an_unknown_type_is_not_left_out_of_a_fold_in_silence()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>(ProjectionLifecycle.Live));
        await bank.AppendAsync(new Happening("", "a", new Opened("A")));
        await bank.Storage.Log.AppendAsync([Make.Append("a", Make.Event(1, type: "from-the-future"))], CancellationToken.None);

        (await Should.ThrowAsync<UnknownEventTypeException>(() => bank.Store.AggregateAsync<Balance>("a"))).TypeName
            .ShouldBe("from-the-future");
    }
}
