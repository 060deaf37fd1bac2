using System.Text.Json.Serialization;

namespace Tidemark.TestNode.Bank;

/// <summary>Money came in.</summary>
public sealed record Deposited(int Amount, string Branch);

/// <summary>Money went out.</summary>
public sealed record Withdrawn(int Amount, string Branch);

/// <summary>A type that is registered and that nobody ever appends.</summary>
public sealed record Audited(string By);

/// <summary>The JSON of the events and documents, without reflection: nodes start faster.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Deposited))]
[JsonSerializable(typeof(Withdrawn))]
[JsonSerializable(typeof(Audited))]
[JsonSerializable(typeof(Balance))]
[JsonSerializable(typeof(BranchTotal))]
public sealed partial class BankJson : JsonSerializerContext;
