using System.Text.Json.Serialization;
using Flights.Projections;

namespace Flights.Events;

/// <summary>How events and documents are written as JSON: by generated code, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FlightScheduled))]
[JsonSerializable(typeof(FlightArrived))]
[JsonSerializable(typeof(ImportAdvanced))]
[JsonSerializable(typeof(ImportLedger))]
[JsonSerializable(typeof(FlightStatus))]
[JsonSerializable(typeof(AirportBoard))]
[JsonSerializable(typeof(RouteRecord))]
internal sealed partial class FlightsJson : JsonSerializerContext;
