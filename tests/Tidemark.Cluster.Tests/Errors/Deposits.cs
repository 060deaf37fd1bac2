using Tidemark.Projections;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Errors;

/// <summary>A bystander: counts deposits, and has nothing to do with what is wrong elsewhere.</summary>
internal sealed class Deposits : FlatTableProjection
{
    public Deposits()
    {
        Column("events", ColumnType.Integer, notNull: true);
        On<Deposited>(e => e.Data.Branch, (row, _) => row.Increment("events"));
    }
}
