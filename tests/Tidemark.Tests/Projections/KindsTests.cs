using FsCheck.Fluent;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Projections;

/// <summary>Every kind of projection against the plain computation, over random happenings.</summary>
public sealed class KindsTests
{
    [Fact]
    public async Task Async_projections_show_what_happened()
    {
        foreach (var (happenings, n) in Seed.Cases(Gen.ListOf(BankLedger.Happenings), 25).Select((h, n) => (h.ToArray(), n)))
        {
            await using var bank = await BankHost.StartAsync(t => t.AddAll(ProjectionLifecycle.Async).Configure(o =>
            {
                o.Pulling.PageEventsMax = 1 + (n % 7);
                o.Shards.CommitEventsMax = 1 + (n % 5 * 10);
                o.RunDaemon = n % 2 == 0;
            }));
            await bank.AppendAsync(happenings);
            await bank.Daemon.StartAsync();

            await bank.CaughtUpAsync();

            await bank.ShouldShowAsync(BankLedger.Of(happenings));
        }
    }

    [Fact]
    public async Task Inline_projections_show_each_event_as_soon_as_it_is_stored()
    {
        foreach (var happenings in Seed.Cases(Gen.ListOf(BankLedger.Happenings, 25), 10))
        {
            await using var bank = await BankHost.StartAsync(t => t.AddAll(ProjectionLifecycle.Inline));
            var ledger = new BankLedger();
            foreach (var h in happenings)
            {
                await bank.AppendAsync(h);
                ledger.Add(h);
                await bank.ShouldShowAsync(ledger);
            }

            bank.Daemon.IsRunning.ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Inline_projections_take_an_append_to_several_streams_as_one()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddAll(ProjectionLifecycle.Inline));
        await bank.Store.AppendAsync(
            [
                new("b", ExpectedVersion.NoStream, [new Opened("B"), new Deposited(5), new Deposited(6)]),
                new("a", ExpectedVersion.NoStream, [new Opened("A"), new Transferred("b", 7)]),
            ]);

        await bank.ShouldShowAsync(BankLedger.Of(
            [new("", "b", new Opened("B")), new("", "b", new Deposited(5)), new("", "b", new Deposited(6)),
                new("", "a", new Opened("A")), new("", "a", new Transferred("b", 7))]));
    }

    [Fact]
    public async Task Refused_append_leaves_nothing_in_an_inline_read_model()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddAll(ProjectionLifecycle.Inline));
        Happening[] happened = [new("", "a", new Opened("A")), new("", "a", new Deposited(5))];
        await bank.AppendAsync(happened);
        object[] again = [new NewEvent(new Deposited(1)) { Id = Make.Id(1) }];

        await Should.ThrowAsync<VersionConflictException>(
            () => bank.Store.AppendAsync("a", ExpectedVersion.Exactly(1), [new Deposited(9)]));
        await Should.ThrowAsync<VersionConflictException>(() => bank.Store.AppendAsync(
            [new("b", ExpectedVersion.Any, [new Opened("B")]), new("a", ExpectedVersion.NoStream, [new Deposited(9)])]));
        await bank.ShouldShowAsync(BankLedger.Of(happened));

        await bank.Store.AppendAsync("a", ExpectedVersion.Any, again);
        (await bank.Store.AppendAsync("a", ExpectedVersion.Any, again)).WasStoredBefore.ShouldBeTrue();
        await bank.ShouldShowAsync(BankLedger.Of([.. happened, new("", "a", new Deposited(1))]));
    }

    [Fact]
    public async Task Inline_projection_that_fails_refuses_the_append()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Fragile>(ProjectionLifecycle.Inline));
        await bank.Store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)]);

        var error = await Should.ThrowAsync<ApplyEventException>(
            () => bank.Store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(13)]));

        error.Projection.ShouldBe(nameof(Fragile));
        (await bank.Store.FindStreamAsync("a"))!.Version.ShouldBe(new StreamVersion(1));
        (await bank.Store.Documents<Book>().FindAsync("a"))!.Total.ShouldBe(1);
    }

    [Fact]
    public async Task Concurrent_appends_to_one_inline_document_lose_nothing()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection(new Books(acrossTenants: true), ProjectionLifecycle.Inline));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(n => Task.Run(() =>
            bank.Store.AppendAsync($"s{n}", ExpectedVersion.Any, [new Transferred("all", 1)])))).InTime();

        (await bank.Store.Documents<Book>().FindAsync("all")).ShouldBe(new Book("all", 100, 100));
    }

    private sealed class Fragile : MultiStreamProjection<Book>
    {
        public Fragile()
        {
            Initial(key => new(key, 0, 0));
            Key<Deposited>(e => e.StreamId);
            On<Deposited>((b, e) => e.Data.Amount == 13 ? throw new InvalidOperationException("13")
                : b with { Total = b.Total + e.Data.Amount });
        }
    }
}
