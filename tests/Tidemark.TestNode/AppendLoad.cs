using Tidemark.Events;
using Tidemark.Log;
using Tidemark.TestNode.Bank;

namespace Tidemark.TestNode;

/// <summary>
/// Appends without pause and reports what was acknowledged: a line "ack STREAM POSITION ID..." after each append, its first event's
/// position.
/// </summary>
public sealed class AppendLoad(EventStore store, NodeOptions options)
{
    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, options.Writers)
            .Select(writer => Task.Run(() => WriteAsync(writer, stop), CancellationToken.None)));

    private async Task WriteAsync(int writer, CancellationToken stop)
    {
        var random = new Random(HashCode.Combine(options.Seed, writer));
        while (!stop.IsCancellationRequested)
        {
            NewEvent[] events = [.. Enumerable.Range(0, random.Next(1, 4))
                .Select(_ => new NewEvent(BankSetup.RandomEvent(random)) { Id = Guid.CreateVersion7() })];
            string stream = $"account-{random.Next(options.Streams)}";
            try
            {
                AppendResult result = await store.AppendAsync(stream, ExpectedVersion.Any, events, CancellationToken.None);
                Console.WriteLine($"ack {stream} {result.First} {string.Join(' ', events.Select(e => e.Id))} .");
            }
            catch (AppendFailedException error)
            {
                Console.WriteLine($"failed {error.Message.ReplaceLineEndings(" ")}");
            }
        }
    }
}
