using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidemark.Benchmarks.Workload;

/// <summary>Source-generated JSON of everything the benchmarks store.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(LineAdded))]
[JsonSerializable(typeof(PaymentReceived))]
[JsonSerializable(typeof(OrderState))]
internal sealed partial class OrderJson : JsonSerializerContext;
