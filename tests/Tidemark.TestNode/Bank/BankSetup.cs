using Tidemark.Hosting;

namespace Tidemark.TestNode.Bank;

/// <summary>The store that the tests run on: its events and its projections, one of each kind.</summary>
public static class BankSetup
{
    public static readonly string[] BranchNames = ["north", "south", "east", "west"];

    /// <summary>Registers the event types.</summary>
    public static TidemarkBuilder BankEvents(this TidemarkBuilder builder) => builder
        .Json(BankJson.Default)
        .Events(events => events.Add<Deposited>("deposited").Add<Withdrawn>("withdrawn").Add<Audited>("audited"));

    /// <summary>Registers the projections.</summary>
    public static TidemarkBuilder BankProjections(this TidemarkBuilder builder) => builder
        .AddProjection<Balances>()
        .AddProjection<Branches>()
        .AddProjection<Turnover>()
        .AddProjection<Journal>();

    /// <summary>A random event.</summary>
    public static object RandomEvent(Random random)
    {
        string branch = BranchNames[random.Next(BranchNames.Length)];
        int amount = random.Next(1, 1000);
        return random.Next(3) == 0 ? new Withdrawn(amount, branch) : new Deposited(amount, branch);
    }
}
