using Tidemark.Events;

namespace Tidemark.HighWater;

/// <summary>
/// A database session with an open append, which holds the mark back. Ending the session is safe: its append rolls back and the mark
/// moves on.
/// </summary>
/// <param name="Bound">The mark cannot pass this position while the session's append is open.</param>
/// <param name="Session">The session's id in the database (a process id on PostgreSQL); null for a prepared transaction.</param>
/// <param name="Application">The name the session gave.</param>
/// <param name="State">What the database says the session is doing, for instance "idle in transaction".</param>
/// <param name="Since">When its transaction began, by the database's clock.</param>
/// <param name="Age">How long ago that was.</param>
public sealed record HighWaterBlocker(Position Bound, int? Session, string Application, string State, DateTimeOffset? Since, TimeSpan? Age);
