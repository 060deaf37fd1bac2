using Microsoft.Extensions.Logging;

namespace Tidemark.PostgreSql;

internal sealed partial class PostgreSqlSchema
{
    [LoggerMessage(2001, LogLevel.Information, "Applied migration {Migration} to schema {Schema}.")]
    private static partial void LogApplied(ILogger logger, string migration, string schema);

    [LoggerMessage(2002, LogLevel.Information, "Made the database {Database}, which did not exist.")]
    private static partial void LogMade(ILogger logger, string database);
}
