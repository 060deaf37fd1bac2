using Tidemark.Projections;

namespace Tidemark.Testing.InMemory;

/// <summary>
/// The key order of the SQL stores: by tenant, then by the code points of the key, which is the order of its UTF-8 bytes. (UTF-16 order
/// differs from it where surrogate pairs meet U+E000 to U+FFFF.)
/// </summary>
internal sealed class CodePointOrder : IComparer<DocumentKey>, IComparer<string>
{
    public static readonly CodePointOrder Instance = new();

    public int Compare(DocumentKey x, DocumentKey y)
    {
        var tenants = Compare(x.Tenant.Value, y.Tenant.Value);
        return tenants != 0 ? tenants : Compare(x.Key, y.Key);
    }

    public int Compare(string? x, string? y)
    {
        var left = x.AsSpan();
        var right = y.AsSpan();
        var same = left.CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
            return left.Length.CompareTo(right.Length);
        var (a, b) = (left[same], right[same]);
        // Surrogates stand for code points above every other UTF-16 unit.
        return (char.IsSurrogate(a), char.IsSurrogate(b)) switch
        {
            (true, false) => 1,
            (false, true) => -1,
            _ => a.CompareTo(b),
        };
    }
}
