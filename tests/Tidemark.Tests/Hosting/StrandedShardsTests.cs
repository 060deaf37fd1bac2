using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Hosting;

/// <summary>Shards that were being replaced by a command that ended in between.</summary>
public sealed class StrandedShardsTests
{
    private static readonly ShardName Whole = new("Balances", 1, SlotRange.All, "main");
    private static readonly ShardName[] Halves = [Whole with { Slots = new(0, 511) }, Whole with { Slots = new(512, 1023) }];

    private static readonly Happening[] Deposits =
        [.. Enumerable.Range(0, 40).Select(n => new Happening("", $"account-{n % 8}", new Deposited(1)))];

    private readonly ManualClock _clock = new();

    [Fact]
    public async Task Shard_that_was_not_replaced_goes_on()
    {
        await using var bank = await StartAsync();
        await StrandAsync(bank);
        await bank.AppendAsync(Deposits);
        await UntilAsync(bank, [(Whole, LeaseState.Wanted)]);
        await CheckAsync(bank);
    }

    [Fact]
    public async Task Shards_that_took_the_slots_of_another_one_run()
    {
        await using var bank = await StartAsync();
        await StrandAsync(bank);
        await UnownedAsync(bank);
        var last = await bank.Storage.Checkpoints.OpenAsync(Whole, epoch: null, CancellationToken.None);
        var epoch = new Epoch(last.Epoch.Value + 1);
        await bank.Storage.Checkpoints.ReplaceAsync(
            [Whole], [.. Halves.Select(h => Relayout.Make(h, [last], epoch))], CancellationToken.None);
        await bank.AppendAsync(Deposits);
        await UntilAsync(bank, [(Halves[0], LeaseState.Wanted), (Halves[1], LeaseState.Wanted)]);
        await CheckAsync(bank);
    }

    private async Task<BankHost> StartAsync()
    {
        var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>(), clock: _clock);
        await bank.AppendAsync(Deposits.Select(d => d with { Event = new Opened("A") }).DistinctBy(d => d.Account).ToArray());
        await bank.AppendAsync(Deposits);
        await bank.CaughtUpAsync();
        return bank;
    }

    private static async Task StrandAsync(BankHost bank)
    {
        var change = new LeaseChange { Set = [KeyValuePair.Create(Whole, LeaseState.Replacing)] };
        (await bank.Storage.Leases.ChangeAsync(change, CancellationToken.None)).ShouldBeTrue();
    }

    private Task UnownedAsync(BankHost bank) => MovingAsync(
        async () => (await LeasesAsync(bank)).Single().Owner is null, () => "the shard ends");

    private Task UntilAsync(BankHost bank, (ShardName, LeaseState)[] wanted) => MovingAsync(
        async () => (await LeasesAsync(bank)).Where(l => l.State != LeaseState.Retired).Select(l => (l.Shard, l.State))
            .OrderBy(l => l.Shard.Slots.First).SequenceEqual(wanted),
        () => $"the shards are {string.Join(", ", wanted)}");

    private async Task CheckAsync(BankHost bank)
    {
        var caughtUp = bank.Daemon.WaitForCaughtUpAsync(TimeSpan.FromHours(1));
        await MovingAsync(() => Task.FromResult(caughtUp.IsCompleted), () => "the shards catch up");
        await caughtUp;
        for (var n = 0; n < 8; n++)
            (await bank.Store.Documents<Balance>().FindAsync($"account-{n}"))!.Amount.ShouldBe(10);
    }

    private Task MovingAsync(Func<Task<bool>> condition, Func<string> what) => Eventually.TrueAsync(
        async () =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(200));
            return await condition();
        },
        what);

    private static async Task<IReadOnlyList<ShardLease>> LeasesAsync(BankHost bank) =>
        (await bank.Storage.Leases.ReadAsync(CancellationToken.None)).Shards;
}
