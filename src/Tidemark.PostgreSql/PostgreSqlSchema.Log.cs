using Microsoft.Extensions.Logging;

namespace Tidemark.PostgreSql;

internal sealed partial class PostgreSqlSchema
{
    [LoggerMessage(2001, LogLevel.Information, "Applied migration {Migration} to schema {Schema}.")]
    private static partial void LogApplied(ILogger logger, string migration, string schema);
}
