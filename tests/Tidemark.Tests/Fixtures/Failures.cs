using System.Data.Common;

namespace Tidemark.Tests.Fixtures;

/// <summary>The database is away for a moment.</summary>
internal sealed class AwayException(string message = "The database is away.") : Exception(message)
{
    public static bool Is(Exception error) => error is AwayException;
}

/// <summary>The database refuses, and will refuse again.</summary>
internal sealed class RefusedException(string message = "The database refuses.") : DbException(message);
