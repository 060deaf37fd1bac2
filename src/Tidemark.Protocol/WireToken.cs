using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Tidemark.Protocol;

/// <summary>
/// Where a consumer stands, as text <c>start:5</c> (5 is not processed yet, delivery begins with it) or <c>delivered:5</c> (5 is
/// processed, delivery begins
/// after it). The two are never equal. Store the text as it is.
/// </summary>
/// <param name="Kind">Inclusive or exclusive.</param>
/// <param name="Position">The position; 0 is before the first event.</param>
public readonly record struct WireToken(WireTokenKind Kind, long Position)
{
    /// <summary>The longest text of a token, in characters and in bytes.</summary>
    public const int TextLengthMax = 29;

    private const string StartPrefix = "start:";
    private const string DeliveredPrefix = "delivered:";

    /// <summary>Begin with the event at this position.</summary>
    public static WireToken Start(long position) => new(WireTokenKind.Start, position);

    /// <summary>Begin after this position.</summary>
    public static WireToken Delivered(long position) => new(WireTokenKind.Delivered, position);

    /// <summary>The position after which delivery begins.</summary>
    public long After => Kind == WireTokenKind.Delivered || Position == 0 ? Position : Position - 1;

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static WireToken Parse(string text) => TryParse(text, out var token)
        ? token
        : throw new FormatException($"A token looks like 'start:5' or 'delivered:5' (was '{text}').");

    /// <summary>Reads the text form; false when it is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out WireToken token)
    {
        token = default;
        if (text is null || text.Length > TextLengthMax)
            return false;
        Span<byte> bytes = stackalloc byte[TextLengthMax * 3];
        return Encoding.UTF8.TryGetBytes(text, bytes, out var written) && TryParse(bytes[..written], out token);
    }

    /// <summary>Reads the text form as UTF-8; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out WireToken token)
    {
        token = default;
        var kind = utf8.StartsWith("start:"u8) ? WireTokenKind.Start : WireTokenKind.Delivered;
        if (kind == WireTokenKind.Delivered && !utf8.StartsWith("delivered:"u8))
            return false;
        var digits = utf8[(kind == WireTokenKind.Start ? StartPrefix.Length : DeliveredPrefix.Length)..];
        if (digits.IsEmpty || digits[0] is < (byte)'0' or > (byte)'9'
            || !Utf8Parser.TryParse(digits, out long position, out var consumed) || consumed != digits.Length)
            return false;
        token = new WireToken(kind, position);
        return true;
    }

    /// <summary>Writes the text form as UTF-8; false when there is no room for it (<see cref="TextLengthMax"/> is always enough).</summary>
    public bool TryFormat(Span<byte> utf8, out int written)
    {
        var prefix = Kind == WireTokenKind.Start ? "start:"u8 : "delivered:"u8;
        written = 0;
        if (!prefix.TryCopyTo(utf8) || !Utf8Formatter.TryFormat(Position, utf8[prefix.Length..], out var digits))
            return false;
        written = prefix.Length + digits;
        return true;
    }

    /// <inheritdoc />
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Kind == WireTokenKind.Start ? StartPrefix : DeliveredPrefix)}{Position}");
}
