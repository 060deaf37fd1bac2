using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace SharedTransaction.WithEntityFramework;

/// <summary>
/// The read model as entities. The projection writes to the table of the generation being built, readers read the view with the stable
/// name; so the context is told which, and keeps a model for each.
/// </summary>
/// <param name="connection">The connection to work on; not disposed with the context.</param>
/// <param name="table">The table or view, quoted and with its schema, as Tidemark names it.</param>
internal sealed class BalancesContext(DbConnection connection, string table) : DbContext
{
    public DbSet<Balance> Balances => Set<Balance>();

    private string TableName => table;

    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) =>
        optionsBuilder.UseNpgsql(connection).ReplaceService<IModelCacheKeyFactory, ModelPerTable>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Balance>(balance =>
    {
        var names = table.Split('.').Select(name => name.Trim('"')).ToArray();
        balance.ToTable(names[1], names[0]);
        balance.HasKey(b => b.Customer);
        balance.Property(b => b.Customer).HasColumnName("customer");
        balance.Property(b => b.Cents).HasColumnName("cents");
    });

    private sealed class ModelPerTable : IModelCacheKeyFactory
    {
        public object Create(DbContext context, bool designTime) => (context.GetType(), ((BalancesContext)context).TableName, designTime);
    }
}
