using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Tidemark.Benchmarks.Measuring;

/// <summary>What a scenario found: a table for people, and as the last line of the output one JSON object.</summary>
internal sealed class Report
{
    private readonly JsonObject _json = [];

    public Report(string scenario) => Set("scenario", scenario);

    /// <summary>Sets a key of the JSON object; keys stand in the order they are set.</summary>
    public Report Set(string key, JsonNode? value)
    {
        _json[key] = value;
        return this;
    }

    /// <summary>Sets a number, rounded to four figures behind the point; null when there is none.</summary>
    public Report Set(string key, double? value) => Set(key, value is { } number ? JsonValue.Create(Math.Round(number, 4)) : null);

    /// <summary>Sets the rates, and the ratio of the two.</summary>
    public Report Rates(double reached, double limit) =>
        Set("events_per_second", Math.Round(reached)).Set("limit_per_second", Math.Round(limit)).Set("ratio", reached / limit);

    /// <summary>Sets what the measured work cost.</summary>
    /// <param name="usage">The cost.</param>
    /// <param name="events">For how many events.</param>
    /// <param name="peakMegabytes">The peak of all rounds.</param>
    /// <param name="limitCpuSeconds">What the limit cost per event in CPU time, of process and database; null when it is not known.</param>
    public Report Cost(Usage usage, long events, double peakMegabytes, double? limitCpuSeconds = null) =>
        Set("process_cpu_seconds", usage.ProcessCpuSeconds)
            .Set("database_cpu_seconds", usage.DatabaseCpuSeconds)
            .Set("cpu_us_per_event", usage.CpuSecondsPer(events) * 1e6)
            .Set("limit_cpu_us_per_event", limitCpuSeconds * 1e6)
            .Set("allocated_bytes_per_event", Math.Round((double)usage.AllocatedBytes / events))
            .Set("gc_counts", $"{usage.Collections.Youngest}/{usage.Collections.Middle}/{usage.Collections.Full}")
            .Set("gc_pause_ms", usage.Collections.Pause.TotalMilliseconds)
            .Set("peak_mb", Math.Round(peakMegabytes, 1));

    /// <summary>Sets the percentiles of a histogram.</summary>
    /// <param name="histogram">The durations.</param>
    /// <param name="prefix">What stands before the keys.</param>
    public Report Percentiles(Histogram histogram, string prefix = "") =>
        Set(prefix + "p50_ms", histogram.Percentile(0.50))
            .Set(prefix + "p95_ms", histogram.Percentile(0.95))
            .Set(prefix + "p99_ms", histogram.Percentile(0.99))
            .Set(prefix + "max_ms", histogram.MaxMilliseconds);

    /// <summary>Prints the table and the last line.</summary>
    public void Print()
    {
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("key").AddColumn("value");
        foreach (var (key, value) in _json)
            table.AddRow(Markup.Escape(key), Markup.Escape(value is null ? "-" : value.ToString()));
        AnsiConsole.Write(table);
        Console.WriteLine(_json.ToJsonString(JsonSerializerOptions.Default));
    }

    /// <summary>Prints a line on what is going on.</summary>
    public static void Say(string text) => Console.WriteLine(text);
}
