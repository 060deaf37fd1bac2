namespace Tidemark.Delivery;

/// <summary>
/// A consumer did not answer in the time that a call may take. An error of its own, so that it is not taken for a database that is away.
/// </summary>
internal sealed class ConsumerTimeoutException(TimeSpan limit, Exception inner)
    : TimeoutException($"The consumer did not answer within {limit}.", inner);
