using System.Data.Common;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Hosting;

namespace Tidemark.TestNode.Bank;

/// <summary>Consumers of subscriptions: one whose effects are rows in the transaction of its token, one that says what it got.</summary>
public static class Subscribers
{
    /// <summary>The subscription whose effects are rows.</summary>
    public const string Effects = "effects";

    /// <summary>The subscription that writes a line for each event.</summary>
    public const string Lines = "lines";

    /// <summary>How many events may be in flight, and so be repeated after a crash, in each shard of <see cref="Lines"/>.</summary>
    public const int BatchEventsMax = 20;

    /// <summary>Makes the table of the effects: a position twice is refused.</summary>
    public const string CreateTable = "create table effects (position bigint primary key, stream text not null, version bigint not null)";

    /// <summary>Registers both, if wanted.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="wanted">Whether to register them.</param>
    /// <param name="line">Takes the lines.</param>
    public static TidemarkBuilder BankSubscribers(this TidemarkBuilder builder, bool wanted, Action<string> line) => !wanted
        ? builder
        : builder
            .AddSubscription<EffectWriter>(Effects, s => s.Policy(new() { BatchEventsMax = 50, RetryMin = TimeSpan.FromMilliseconds(50) }))
            .AddSubscription(
                Lines,
                (e, _) =>
                {
                    line(LineOf(e));
                    return ValueTask.CompletedTask;
                },
                s => s.Partitions(2).Policy(new() { BatchEventsMax = BatchEventsMax, RetryMin = TimeSpan.FromMilliseconds(50) }));

    private static string LineOf(RecordedEvent e) => $"got {e.Position.Value} {e.StreamId} {e.Version.Value}";

    /// <summary>Inserts a row for each event.</summary>
    private sealed class EffectWriter : ITransactionalSubscriber
    {
        public async ValueTask<DeliveryOutcome> HandleAsync(
            DeliveryBatch batch, DbTransaction transaction, CancellationToken cancellationToken)
        {
            for (int i = 0; i < batch.Events.Length; i++)
                await InsertAsync(batch.Events.Span[i], transaction, cancellationToken);
            return DeliveryOutcome.Done;
        }

        private static async ValueTask InsertAsync(RecordedEvent e, DbTransaction transaction, CancellationToken cancellationToken)
        {
            await using DbCommand command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "insert into effects (position, stream, version) values (@position, @stream, @version)";
            Add(command, "@position", e.Position.Value);
            Add(command, "@stream", e.StreamId.Value);
            Add(command, "@version", e.Version.Value);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        private static void Add(DbCommand command, string name, object value)
        {
            DbParameter parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }
    }
}
