using Tidemark.PostgreSql;
using Tidemark.Testing;

namespace Tidemark.Storage.Tests.Tenancy;

/// <summary>The budget of connections that many databases share: exact, in order, without leaks.</summary>
public sealed class PoolBudgetTests
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(30);

    private readonly ManualClock _time = new();
    private readonly List<string> _closed = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Free_places_are_taken_without_waiting()
    {
        var budget = new PoolBudget(2);
        var (a, b) = (Add(budget, "a"), Add(budget, "b"));

        Rents(a, a, b);

        budget.Open.ShouldBe(2);
        _closed.ShouldBeEmpty();
    }

    [Fact]
    public void Pool_unused_for_longest_is_closed_for_another_one()
    {
        var budget = new PoolBudget(3);
        var (a, b, c, d, e) = (Add(budget, "a"), Add(budget, "b"), Add(budget, "c"), Add(budget, "d"), Add(budget, "e"));
        Rents(a, b, c);
        b.Return(held: false);
        a.Return(held: false);
        Rents(b); // Used again: now a is the one.
        b.Return(held: false);

        Rents(d);
        _closed.ShouldBe(["a"]);
        Rents(e);
        _closed.ShouldBe(["a", "b"]);
        budget.Open.ShouldBe(3);
    }

    [Fact]
    public async Task Those_who_wait_are_served_in_their_order_when_pools_become_unused()
    {
        var budget = new PoolBudget(1);
        var (a, b, c) = (Add(budget, "a"), Add(budget, "b"), Add(budget, "c"));
        Rents(a, a);
        var (first, second) = (Rent(b), Rent(c));

        a.Return(held: false);
        first.IsCompleted.ShouldBeFalse("the pool of a is still in use");
        a.Return(held: false);
        await first;
        second.IsCompleted.ShouldBeFalse();
        b.Return(held: false);
        await second;

        _closed.ShouldBe(["a", "b"]);
        budget.Open.ShouldBe(1);
    }

    [Fact]
    public async Task Busy_database_gives_way_after_its_turn()
    {
        var budget = new PoolBudget(1);
        var (busy, other) = (Add(budget, "busy"), Add(budget, "other"));
        Rents(busy);
        var waiting = Rent(other);
        var passed = 0;
        Task again;
        // Always one more before the last one is given back: the pool would never be unused.
        while ((again = Rent(busy)).IsCompleted)
        {
            passed++.ShouldBeLessThan(1000);
            busy.Return(held: false);
            waiting.IsCompleted.ShouldBeFalse();
        }

        busy.Return(held: false);
        await waiting;
        passed.ShouldBeGreaterThan(0);
        again.IsCompleted.ShouldBeFalse();
        other.Return(held: false);
        await again;
        _closed.ShouldBe(["busy", "other"]);
    }

    [Fact]
    public async Task Database_with_a_transaction_handed_out_gets_more_connections_however_many_wait()
    {
        var budget = new PoolBudget(1);
        var (a, b) = (Add(budget, "a"), Add(budget, "b"));
        await a.RentAsync(holds: true, Token);
        var waiting = Rent(b);

        for (var i = 0; i < 1000; i++)
        {
            Rents(a);
            a.Return(held: false);
        }

        waiting.IsCompleted.ShouldBeFalse();
        a.Return(held: true);
        await waiting;
    }

    [Fact]
    public async Task Who_gives_up_leaves_the_order_and_takes_no_place()
    {
        var budget = new PoolBudget(1);
        var (a, b, c) = (Add(budget, "a"), Add(budget, "b"), Add(budget, "c"));
        Rents(a);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var (first, second) = (b.RentAsync(holds: false, cancel.Token).AsTask(), Rent(c));

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        a.Return(held: false);
        await second;
        c.Return(held: false);
        Rents(b);

        budget.Open.ShouldBe(1);
        _closed.ShouldBe(["a", "c"]);
    }

    [Fact]
    public async Task Wait_ends_with_an_error_that_says_what_to_do()
    {
        var budget = new PoolBudget(1);
        var (a, b) = (Add(budget, "a"), Add(budget, "b"));
        Rents(a);
        var waiting = Rent(b);

        _time.Advance(WaitMax);

        (await Should.ThrowAsync<TimeoutException>(waiting)).Message.ShouldContain("NodeConnectionsMax");
        a.Return(held: false);
        Rents(b);
        b.Return(held: false);
        budget.Open.ShouldBe(1);
    }

    [Fact]
    public async Task Closed_storage_gives_its_place_back_when_its_last_connection_is_closed()
    {
        var budget = new PoolBudget(1);
        var (a, b, c) = (Add(budget, "a"), Add(budget, "b"), Add(budget, "c"));
        Rents(a);
        var (first, second) = (Rent(b), Rent(c));

        a.Retire();
        b.Retire();

        await Should.ThrowAsync<ObjectDisposedException>(first);
        Should.Throw<ObjectDisposedException>(() => Rents(a));
        second.IsCompleted.ShouldBeFalse("a still has a connection in use");
        a.Return(held: false);
        await second;
        budget.Open.ShouldBe(1);
        c.Return(held: false);
        c.Retire();
        c.Retire();
        budget.Open.ShouldBe(0);
    }

    [Fact]
    public async Task Random_use_by_many_never_exceeds_the_budget_and_leaves_nothing_behind()
    {
        const int pools = 3;
        var seed = Stores.Seed.New();
        var budget = new PoolBudget(pools);
        var used = new int[10];
        var connected = new int[used.Length];
        var (total, closedInUse) = (0, 0);
        var shares = Enumerable.Range(0, used.Length).Select(i => budget.Add(() => Close(i), WaitMax, TimeProvider.System)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            var random = new Random(seed + worker);
            for (var i = 0; i < 500; i++)
            {
                var (one, holds) = (random.Next(used.Length), random.Next(4) == 0);
                using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
                if (random.Next(5) == 0)
                    cancel.CancelAfter(TimeSpan.FromMilliseconds(random.Next(3)));
                try
                {
                    await shares[one].RentAsync(holds, cancel.Token);
                }
                catch (OperationCanceledException) when (!Token.IsCancellationRequested)
                {
                    continue;
                }

                Interlocked.Increment(ref used[one]);
                if (Interlocked.Exchange(ref connected[one], 1) == 0)
                    Interlocked.Increment(ref total).ShouldBeLessThanOrEqualTo(pools);
                await Task.Yield();
                Interlocked.Decrement(ref used[one]);
                shares[one].Return(holds);
            }
        })));

        closedInUse.ShouldBe(0);
        total.ShouldBe(pools);
        budget.Open.ShouldBe(pools);
        foreach (var share in shares)
            share.Retire();
        budget.Open.ShouldBe(0);
        total.ShouldBe(0);

        void Close(int one)
        {
            if (Volatile.Read(ref used[one]) > 0)
                Interlocked.Increment(ref closedInUse);
            if (Interlocked.Exchange(ref connected[one], 0) == 1)
                Interlocked.Decrement(ref total);
        }
    }

    private static Task Rent(PoolShare share) => share.RentAsync(holds: false, Token).AsTask();

    // Each succeeds at once.
    private static void Rents(params PoolShare[] shares)
    {
        foreach (var share in shares)
        {
            var rent = Rent(share);
            rent.IsCompleted.ShouldBeTrue();
            rent.GetAwaiter().GetResult();
        }
    }

    private PoolShare Add(PoolBudget budget, string name) => budget.Add(() => _closed.Add(name), WaitMax, _time);
}
