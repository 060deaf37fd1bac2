using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Projections;

/// <summary>What cannot be a composite is refused at once, with what to do.</summary>
public sealed class CompositeRefusalTests
{
    public static TheoryData<string, Action> Refused => new()
    {
        { "composite itself", () => _ = new Any([new BankComposite()]) },
        { "Raise that one", () => _ = new Any([new Balances(2)]) },
        { "Set them on the composite", () => _ = new Any([new Strict()]) },
        { "another Name", () => _ = new Any([new Balances()], [new Balances()]) },
        { "another ReadModel", () => _ = new Any([new Balances()], [new SameTable()]) },
        { "no projections", () => _ = new Any(Array.Empty<Projection>()) },
        { "no event types", () => _ = new Any([new Idle()]) },
        { "no earlier stage makes", () => _ = new Any([new Follower()]) },
        { "no earlier stage makes", () => _ = new Any([new Balances(), new Follower()]) },
        { "several earlier projections", () => _ = new Any([new Balances(), new MoreBalances()], [new Follower()]) },
        { "which it does not handle", () => _ = new Any([new Balances()], [new IdleLookup()]) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Composite_that_cannot_work_is_refused(string reason, Action make) =>
        Should.Throw<ArgumentException>(make).Message.ShouldContain(reason);

    [Fact]
    public void Follower_outside_a_composite_is_refused() =>
        Register(new ProjectionRegistration(new Follower(), ProjectionLifecycle.Async))
            .Message.ShouldContain("later stage of a CompositeProjection");

    [Theory]
    [InlineData(ProjectionLifecycle.Inline)]
    [InlineData(ProjectionLifecycle.Live)]
    public void Composite_that_is_not_async_is_refused(ProjectionLifecycle lifecycle) =>
        Register(new ProjectionRegistration(new BankComposite(), lifecycle)).Message.ShouldContain("register it as async");

    [Fact]
    public void Stage_that_is_registered_on_its_own_too_is_refused() =>
        Register(new(new BankComposite(), ProjectionLifecycle.Async), new(new Balances(), ProjectionLifecycle.Async))
            .Message.ShouldContain("Two projections are named 'Balances'");

    [Fact]
    public void Lookup_that_was_not_declared_is_refused()
    {
        var lookups = new Lookups();
        lookups.Add(typeof(Balance), "a", null);
        lookups.Add(typeof(Balance), "b", null);
        lookups.Show(0, 2, new Position(1));

        lookups.Of<Balance>("a").ShouldBeNull();
        Should.Throw<InvalidOperationException>(() => lookups.Of<Balance>("c")).Message.ShouldContain("LookupMany");
        Should.Throw<InvalidOperationException>(() => lookups.Of<Balance>()).Message.ShouldContain("2 documents");
        Should.Throw<InvalidOperationException>(() => lookups.Of<Book>()).Message.ShouldContain("declare it with Lookup");
    }

    private static InvalidOperationException Register(params ProjectionRegistration[] registrations) =>
        Should.Throw<InvalidOperationException>(() => new ProjectionCatalog(registrations, Accounts.Types));

    private sealed class Any : CompositeProjection
    {
        public Any(params Projection[][] stages)
        {
            foreach (var stage in stages)
                Stage(stage);
        }
    }

    private sealed class Strict : SingleStreamProjection<Balance>
    {
        public Strict()
        {
            Errors = new ErrorOptions();
            Create<Opened>(e => new(e.Data.Owner, 0, 0));
        }
    }

    private sealed class SameTable : SingleStreamProjection<Book>
    {
        public SameTable()
        {
            ReadModel = "balances";
            Create<Opened>(e => new(e.StreamId, 0, 0));
        }
    }

    private sealed class MoreBalances : SingleStreamProjection<Balance>
    {
        public MoreBalances() => Create<Opened>(e => new(e.Data.Owner, 0, 0));
    }

    private sealed class Idle : SingleStreamProjection<Book>;

    private sealed class Follower : SingleStreamProjection<Book>
    {
        public Follower() => Create<Changed<Balance>>(e => new(e.Data.Key, 0, 0));
    }

    private sealed class IdleLookup : SingleStreamProjection<Book>
    {
        public IdleLookup()
        {
            Create<Opened>(e => new(e.StreamId, 0, 0));
            Lookup<Deposited, Balance>(e => e.StreamId);
        }
    }
}
