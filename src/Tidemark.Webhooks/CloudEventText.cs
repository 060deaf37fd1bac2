namespace Tidemark.Webhooks;

/// <summary>The characters that a text attribute of CloudEvents may have.</summary>
internal static class CloudEventText
{
    /// <summary>Replaces control characters, halves of surrogate pairs and noncharacters.</summary>
    public static string Fit(string text, char replacement = '\uFFFD')
    {
        for (var i = 0; i < text.Length; i += LengthAt(text, i))
        {
            if (!IsAllowed(text, i))
                return string.Create(text.Length, (text, replacement), Replace);
        }

        return text;
    }

    private static void Replace(Span<char> fit, (string Text, char Replacement) state)
    {
        var text = state.Text;
        for (var i = 0; i < text.Length; i += LengthAt(text, i))
        {
            var length = LengthAt(text, i);
            text.AsSpan(i, length).CopyTo(fit[i..]);
            if (!IsAllowed(text, i))
                fit.Slice(i, length).Fill(state.Replacement);
        }
    }

    private static int LengthAt(string text, int i) => i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? 2 : 1;

    private static bool IsAllowed(string text, int i)
    {
        if (char.IsControl(text[i]) || (char.IsSurrogate(text[i]) && LengthAt(text, i) == 1))
            return false;
        var code = char.ConvertToUtf32(text, i);
        return (code & 0xFFFE) != 0xFFFE && code is not (>= 0xFDD0 and <= 0xFDEF);
    }
}
