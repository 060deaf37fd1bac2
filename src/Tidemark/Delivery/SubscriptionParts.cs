using Microsoft.Extensions.Logging;
using Tidemark.Checkpoints;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Shards;

namespace Tidemark.Delivery;

/// <summary>What the shards of subscriptions on one event database work with.</summary>
/// <param name="Checkpoints">Where tokens are kept.</param>
/// <param name="Failures">The failures that shards stand at.</param>
/// <param name="DeadLetters">Dead letters.</param>
/// <param name="Numbers">The numbers of questions; one for the process.</param>
/// <param name="Tokens">The stored tokens of all shards, read together.</param>
/// <param name="Mark">The end of the log, read anew.</param>
/// <param name="IsTransient">Whether an error is of a database that is away.</param>
/// <param name="Options">How the shards work.</param>
/// <param name="Time">The clock.</param>
/// <param name="Random">Chance.</param>
/// <param name="Logger">Where to log.</param>
internal sealed record SubscriptionParts(
    ICheckpointStore Checkpoints, IDeliveryFailureStore Failures, IDeadLetterStore DeadLetters, QuestionNumbers Numbers,
    StoredTokens Tokens, Func<CancellationToken, ValueTask<Position>> Mark, Func<Exception, bool> IsTransient, ShardOptions Options,
    TimeProvider Time,
    Random Random, ILogger Logger);
