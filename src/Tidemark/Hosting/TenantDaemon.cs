using Tidemark.Projections;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>The daemon's work on a tenant's event database.</summary>
internal sealed class TenantDaemon(Daemon daemon, EventDatabase database, ProjectionCatalog projections)
    : DatabaseDaemon(database, projections)
{
    private protected override DatabaseRun Running() => daemon.RunOn(Database);
}
