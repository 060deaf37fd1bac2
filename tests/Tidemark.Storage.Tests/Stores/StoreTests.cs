using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Shards;

namespace Tidemark.Storage.Tests.Stores;

/// <summary>
/// The base of the suite: each test has an event database of its own, and a token that ends it after a minute, so that a deadlock is a
/// failure and not a hang.
/// </summary>
public abstract class StoreTests<TKind> : IAsyncLifetime
    where TKind : ITestStoreKind
{
    private static readonly TimeSpan TestTimeMax = TimeSpan.FromMinutes(1);

    private CancellationTokenSource? _deadline;

    protected TestStore Store { get; private set; } = null!;

    protected CancellationToken Token => _deadline!.Token;

    protected IEventDatabaseStorage Storage => Store.Storage;

    protected IEventLog Log => Storage.Log;

    protected IHighWaterSource HighWater => Storage.HighWater;

    protected ICheckpointStore Checkpoints => Storage.Checkpoints;

    protected IReadModelStore ReadModels => Storage.ReadModels;

    protected IDeadLetterStore DeadLetters => Storage.DeadLetters;

    public async ValueTask InitializeAsync()
    {
        _deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        _deadline.CancelAfter(TestTimeMax);
        Store = await TKind.CreateAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (Store is not null)
            await Store.DisposeAsync();
        _deadline?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes one append by itself.</summary>
    protected async Task<AppendOutcome> AppendAsync(StreamAppend append) => (await Log.AppendAsync([append], Token)).ShouldHaveSingleItem();

    /// <summary>Appends new events to a stream and expects success.</summary>
    protected async Task<AppendOutcome> AppendAsync(string stream, int count = 1, string type = "happened", string tenant = "")
    {
        var outcome = await AppendAsync(Make.Append(stream, ExpectedVersion.Any, Make.Events(count, type), tenant));
        outcome.Status.ShouldBe(AppendStatus.Appended);
        return outcome;
    }

    /// <summary>The whole log, archived streams left out.</summary>
    protected async Task<IReadOnlyList<RecordedEvent>> ReadLogAsync(LogFilter? filter = null) =>
        (await Log.ReadAsync(new(Position.Beginning, Position.Max, filter ?? LogFilter.All, int.MaxValue, int.MaxValue), Token)).Events;

    /// <summary>A whole stream.</summary>
    protected async Task<IReadOnlyList<RecordedEvent>> ReadStreamAsync(string stream, string tenant = "") =>
        await Log.ReadStreamAsync(new(tenant, stream, new(1), new(long.MaxValue), Backwards: false, int.MaxValue), Token);
}
