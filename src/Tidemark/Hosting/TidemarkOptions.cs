using Microsoft.Extensions.Options;
using Tidemark.HighWater;
using Tidemark.Log;
using Tidemark.Placement;
using Tidemark.Pulling;
using Tidemark.Resilience;
using Tidemark.Shards;

namespace Tidemark.Hosting;

/// <summary>Every option of the core, bindable from configuration and validated at start.</summary>
public sealed class TidemarkOptions
{
    /// <summary>Limits of appends and reads.</summary>
    public LogOptions Log { get; set; } = new();

    /// <summary>How often the high-water mark is looked at.</summary>
    public HighWaterOptions HighWater { get; set; } = new();

    /// <summary>How the log is read for shards.</summary>
    public PullingOptions Pulling { get; set; } = new();

    /// <summary>How shards work.</summary>
    public ShardOptions Shards { get; set; } = new();

    /// <summary>How this process takes part in the work of a cluster.</summary>
    public NodeOptions Node { get; set; } = new();

    /// <summary>
    /// How many former generations of a read model stay, with their tables, after a rebuild or a change of version. 1 by default; 0 to 100.
    /// </summary>
    public int FormerGenerationsKept { get; set; } = 1;

    /// <summary>How failing calls are repeated.</summary>
    public PipelineOptions Resilience { get; set; } = new();

    /// <summary>What happens to the schema at start.</summary>
    public SchemaMode Schema { get; set; } = SchemaMode.Auto;

    /// <summary>Whether the daemon runs in this process when async projections are registered. True by default.</summary>
    public bool RunDaemon { get; set; } = true;

    /// <summary>How long a stopping daemon may take to commit what it has gathered. 20 s by default; 0 to 10 min.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Refuses values outside their ranges, with the key, the value and the range.</summary>
    internal sealed class Validator : IValidateOptions<TidemarkOptions>
    {
        public ValidateOptionsResult Validate(string? name, TidemarkOptions options)
        {
            var problems = new List<string>([.. options.Log.Validate(), .. options.HighWater.Validate(), .. options.Pulling.Validate(),
                .. options.Shards.Validate(), .. options.Node.Validate()]);
            if (options.FormerGenerationsKept is < 0 or > 100)
                problems.Add($"FormerGenerationsKept is {options.FormerGenerationsKept}; it must be 0 to 100.");
            if (options.DrainTimeout < TimeSpan.Zero || options.DrainTimeout > TimeSpan.FromMinutes(10))
                problems.Add($"DrainTimeout is {options.DrainTimeout}; it must be 0 to 10 minutes.");
            if (!Enum.IsDefined(options.Schema))
                problems.Add($"Schema is {options.Schema}; it must be Auto, Apply or Check.");
            return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems.Select(p => "Tidemark: " + p));
        }
    }
}
