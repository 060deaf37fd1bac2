using Microsoft.EntityFrameworkCore;

namespace SharedTransaction.WithEntityFramework;

/// <summary>The application's own tables.</summary>
internal sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Receipt> Receipts => Set<Receipt>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Receipt>(receipt =>
    {
        receipt.ToTable("receipts", "shop");
        receipt.Property(r => r.Id).HasColumnName("id");
        receipt.Property(r => r.Customer).HasColumnName("customer");
    });
}
