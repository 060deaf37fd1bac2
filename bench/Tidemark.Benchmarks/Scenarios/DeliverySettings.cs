namespace Tidemark.Benchmarks.Scenarios;

/// <summary>What the delivery scenario was asked for.</summary>
internal sealed record DeliverySettings(
    string Store, string? Postgres, int Subscriptions, int Consumers, int Batch, int Events, int Rounds, int Seconds, bool Hanging);
