using Microsoft.Extensions.Options;
using Tidemark.Hosting;
using Tidemark.Testing;

namespace Tidemark.Tests.Hosting;

public sealed class OptionsTests
{
    public static TheoryData<string, string, string> Bad => new()
    {
        { "Log:EventBytesMax", "1023", "1024 to 67108864" },
        { "Log:AppendEventsMax", "0", "1 to 100000" },
        { "Log:AppendBytesMax", "1", "1024 to 268435456" },
        { "Log:FlushAppendsMax", "10001", "1 to 10000" },
        { "Log:FlushBytesMax", "1", "1024 to 67108864" },
        { "Log:WaitingAppendsMax", "0", "1 to 1000000" },
        { "Log:PageEventsMax", "0", "1 to 100000" },
        { "Log:PageBytesMax", "1", "1024 to 268435456" },
        { "HighWater:PollWithHints", "00:11:00", "10 ms to 600000 ms" },
        { "HighWater:PollIdle", "00:00:00", "10 ms to 600000 ms" },
        { "HighWater:PollBusy", "00:02:00", "1 ms to 60000 ms" },
        { "HighWater:PollHeld", "00:00:00", "1 ms to 60000 ms" },
        { "HighWater:HintInterval", "00:00:00", "1 ms to 60000 ms" },
        { "Pulling:PageEventsMax", "0", "1 to 100,000" },
        { "Pulling:PageBytesMax", "5", "1,024 to 268,435,456" },
        { "Pulling:CacheBytesMax", "5", "1 MiB to 64 GiB" },
        { "Shards:CommitEventsMax", "0", "1 to 10,000,000" },
        { "Shards:CommitBytesMax", "0", "1,024 to 1,073,741,824" },
        { "Shards:CommitInterval", "00:00:00", "1 ms to 600000 ms" },
        { "Shards:OpenTransactionMax", "00:02:00", "1 ms to 60000 ms" },
        { "Shards:IdleProgressInterval", "00:00:00", "10 ms to 3600000 ms" },
        { "Shards:Pause", "00:00:00", "10 ms to 3600000 ms" },
        { "Shards:PauseMax", "00:00:01", "at least Shards:Pause (00:00:30) and at most 1 day" },
        { "Shards:StateBytesMax", "0", "1 MiB to 64 GiB" },
        { "Node:TimeToLive", "00:00:00", "500 ms to 10 min" },
        { "Node:Tick", "00:00:06", "100 ms to half of Node:TimeToLive (00:00:10)" },
        { "Node:Weight", "0", "1 to 10,000" },
        { "FormerGenerationsKept", "-1", "0 to 100" },
        { "Shards:RebuildShareMin", "0", "0.01 to 1" },
        { "Shards:LiveDelayMax", "00:00:00", "1 ms to 60000 ms" },
        { "Shards:TokenSyncInterval", "00:00:00", "10 ms to 3600000 ms" },
        { "Shards:ParkedStreamsMax", "0", "1 to 1,000,000" },
        { "Shards:TurnEventsMax", "0", "1 to 1,000,000" },
        { "Shards:TenantsBehindMax", "1001", "0 to 1,000" },
        { "DrainTimeout", "-00:00:01", "0 to 10 minutes" },
        { "Schema", "7", "Auto, Apply or Check" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Value_outside_its_range_stops_the_start_and_names_key_value_and_range(string key, string value, string range)
    {
        var error = await Should.ThrowAsync<OptionsValidationException>(
            () => TidemarkHost.StartAsync(t => t.UseInMemory().Configure(o => Set(o, key, value))));

        error.Message.ShouldContain($"Tidemark: {key} is {value}; it must be ");
        error.Message.ShouldContain(range);
    }

    [Fact]
    public void Every_number_and_time_of_the_options_is_checked()
    {
        var root = new TidemarkOptions();
        var keys = typeof(TidemarkOptions).GetProperties().Where(p => p.PropertyType.Namespace != "Tidemark.Resilience").SelectMany(p =>
            p.PropertyType.IsClass ? p.PropertyType.GetProperties().Select(c => (Key: $"{p.Name}:{c.Name}", c.PropertyType))
                : [(Key: p.Name, p.PropertyType)]);

        keys.Where(k => k.PropertyType == typeof(int) || k.PropertyType == typeof(long) || k.PropertyType == typeof(double)
                || k.PropertyType == typeof(TimeSpan))
            .Select(k => k.Key)
            .ShouldBeSubsetOf(Bad.Select(row => row.Data.Item1));
        root.ShouldNotBeNull();
    }

    [Fact]
    public void Every_problem_is_told_at_once()
    {
        var options = new TidemarkOptions();
        options.Log.EventBytesMax = 0;
        options.Pulling.PageEventsMax = 0;
        options.DrainTimeout = TimeSpan.FromHours(1);

        var result = new TidemarkOptions.Validator().Validate(null, options);

        result.Failures!.Count().ShouldBe(3);
    }

    [Fact]
    public async Task Weight_of_a_tenant_outside_its_range_stops_the_start()
    {
        var error = await Should.ThrowAsync<OptionsValidationException>(() => TidemarkHost.StartAsync(t => t.UseInMemory().Configure(o =>
            o.Shards.TenantWeights["acme"] = 0)));

        error.Message.ShouldContain("Shards:TenantWeights:acme is 0; it must be 0.01 to 100.");
    }

    [Fact]
    public void Defaults_are_valid() => new TidemarkOptions.Validator().Validate(null, new()).Succeeded.ShouldBeTrue();

    private static void Set(TidemarkOptions options, string key, string value)
    {
        object target = options;
        var parts = key.Split(':');
        foreach (var part in parts[..^1])
            target = target.GetType().GetProperty(part)!.GetValue(target)!;
        var property = target.GetType().GetProperty(parts[^1])!;
        object parsed = property.PropertyType == typeof(TimeSpan) ? TimeSpan.Parse(value)
            : property.PropertyType.IsEnum ? Enum.ToObject(property.PropertyType, int.Parse(value))
            : Convert.ChangeType(value, property.PropertyType);
        property.SetValue(target, parsed);
    }
}
