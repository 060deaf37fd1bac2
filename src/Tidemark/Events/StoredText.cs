namespace Tidemark.Events;

/// <summary>Makes text for people, such as an error's message, fit for every store.</summary>
internal static class StoredText
{
    private const char Replacement = '\uFFFD';

    /// <summary>
    /// Cuts text to a length, never through a surrogate pair. U+0000 and halves of surrogate pairs, which not every store can hold, become
    /// U+FFFD.
    /// </summary>
    public static string Fit(string text, int charsMax)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > charsMax)
            text = text[..(char.IsHighSurrogate(text[charsMax - 1]) ? charsMax - 1 : charsMax)];
        return IsFit(text) ? text : string.Create(text.Length, text, Replace);
    }

    private static bool IsFit(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || (char.IsSurrogate(text[i]) && !IsPair(text, i++)))
                return false;
        }

        return true;
    }

    private static void Replace(Span<char> fit, string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            fit[i] = text[i];
            if (text[i] == '\0')
                fit[i] = Replacement;
            if (!char.IsSurrogate(text[i]))
                continue;
            if (IsPair(text, i))
                fit[++i] = text[i];
            else
                fit[i] = Replacement;
        }
    }

    private static bool IsPair(string text, int i) =>
        char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
}
