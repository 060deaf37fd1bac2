using System.CommandLine;
using Tidemark.Benchmarks.Micro;
using Tidemark.Benchmarks.Scenarios;

var root = new RootCommand("Measures Tidemark against limits of the same run. The last line of each scenario's output is one JSON object.")
{
    AppendScenario.MakeCommand(),
    CatchUpScenario.MakeCommand(),
    RebuildScenario.MakeCommand(),
    LatencyScenario.MakeCommand(),
    IdleScenario.MakeCommand(),
    GapScenario.MakeCommand(),
    PlacementScenario.MakeCommand(),
    HandOverScenario.MakeCommand(),
    TenantsScenario.MakeCommand(),
    DeliveryScenario.MakeCommand(),
    MicroCommand.MakeCommand(),
};
return await root.Parse(args).InvokeAsync();
