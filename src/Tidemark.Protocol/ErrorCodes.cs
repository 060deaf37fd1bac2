using System.Collections.Frozen;

namespace Tidemark.Protocol;

/// <summary>The names of error codes on the wire.</summary>
public static class ErrorCodes
{
    private static readonly FrozenDictionary<ErrorCode, string> Names =
        Enum.GetValues<ErrorCode>().ToFrozenDictionary(code => code, code => NameOf(code.ToString()));

    private static readonly FrozenDictionary<string, ErrorCode> Codes = Names.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>The name on the wire, in camel case.</summary>
    public static string ToWire(this ErrorCode code) => Names[code];

    /// <summary>The code with this name; false when there is none.</summary>
    public static bool TryParse(string name, out ErrorCode code) => Codes.TryGetValue(name, out code);

    /// <summary>
    /// Whether connecting again may help without anybody changing something: not after errors of the protocol or of rights. After
    /// <see cref="ErrorCode.Replaced"/> it must not be done by itself, or two connections of one member replace each other for ever.
    /// </summary>
    public static bool IsWorthRetrying(this ErrorCode code) => code is ErrorCode.HeartbeatMissed or ErrorCode.Moved or ErrorCode.Busy
        or ErrorCode.ShuttingDown or ErrorCode.SubscriptionChanged or ErrorCode.ServerError;

    private static string NameOf(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
