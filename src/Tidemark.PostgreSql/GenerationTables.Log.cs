using Microsoft.Extensions.Logging;
using Tidemark.Projections;

namespace Tidemark.PostgreSql;

internal sealed partial class GenerationTables
{
    [LoggerMessage(2010, LogLevel.Information, "Prepared generation {Generation} of read model {Projection}: {State}.")]
    private static partial void LogPrepared(ILogger logger, string projection, int generation, GenerationState state);

    [LoggerMessage(2011, LogLevel.Information, "Published generation {Generation} of read model {Projection}: readers see it now.")]
    private static partial void LogPublished(ILogger logger, string projection, int generation);

    [LoggerMessage(2012, LogLevel.Information, "Dropped the tables of generation {Generation} of read model {Projection}.")]
    private static partial void LogDropped(ILogger logger, string projection, int generation);
}
