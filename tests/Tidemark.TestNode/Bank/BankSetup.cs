using Tidemark.Hosting;

namespace Tidemark.TestNode.Bank;

/// <summary>The store that the tests run on: its events and its projections, one of each kind.</summary>
public static class BankSetup
{
    public static readonly string[] BranchNames = ["north", "south", "east", "west"];

    public static readonly string[] ProjectionNames = [nameof(Balances), nameof(Branches), nameof(Turnover), nameof(Journal)];

    /// <summary>Registers the event types.</summary>
    public static TidemarkBuilder BankEvents(this TidemarkBuilder builder) => builder
        .Json(BankJson.Default)
        .Events(events => events.Add<Deposited>("deposited").Add<Withdrawn>("withdrawn").Add<Audited>("audited"));

    /// <summary>Registers the projections, each in so many shards, in one version of their code.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="partitions">Into how many shards each is split.</param>
    /// <param name="version">The version of their code.</param>
    /// <param name="before">Called before each event of the balances.</param>
    /// <param name="taste">Called with tenant and amount of each deposit, by the balances.</param>
    public static TidemarkBuilder BankProjections(
        this TidemarkBuilder builder, int partitions = 1, int version = 1, Action? before = null, Action<string, int>? taste = null) =>
        builder
        .AddProjection(new Balances(partitions, version, before, taste))
        .AddProjection(new Branches(partitions, version))
        .AddProjection(new Turnover(partitions, version))
        .AddProjection(new Journal(partitions, version));

    /// <summary>Registers the tally, which only some tests keep.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="wanted">Whether to register it.</param>
    /// <param name="inside">Called for each event after its row was written, inside the transaction.</param>
    public static TidemarkBuilder BankTally(this TidemarkBuilder builder, bool wanted, Action? inside = null) =>
        wanted ? builder.AddProjection(new Tally(inside)) : builder;

    /// <summary>A random event.</summary>
    public static object RandomEvent(Random random)
    {
        string branch = BranchNames[random.Next(BranchNames.Length)];
        int amount = random.Next(1, 1000);
        return random.Next(3) == 0 ? new Withdrawn(amount, branch) : new Deposited(amount, branch);
    }
}
