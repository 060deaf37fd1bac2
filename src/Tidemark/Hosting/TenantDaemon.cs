using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>The daemon's work on an event database; its waits are for one tenant's events when one is given.</summary>
internal sealed class TenantDaemon(Daemon daemon, EventDatabase database, ProjectionCatalog projections, TenantId? tenant)
    : DatabaseDaemon(database, projections, tenant)
{
    private protected override DatabaseRun Running() => daemon.RunOn(Database);
}
