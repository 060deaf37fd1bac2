using System.Text.Json;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Audits;

/// <summary>An event as it lies in the table.</summary>
public sealed record LoggedEvent(long Position, Guid Id, string Type, string Stream, long Version, string Json)
{
    /// <summary>What a balance changes by.</summary>
    public long Amount => Type == "withdrawn" ? -Money.Amount : Money.Amount;

    public string Branch => Money.Branch;

    private Deposited Money => JsonSerializer.Deserialize(Json, BankJson.Default.Deposited)!;
}
