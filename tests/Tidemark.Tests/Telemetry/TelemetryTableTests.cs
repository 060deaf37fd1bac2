using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Tidemark.Telemetry;

namespace Tidemark.Tests.Telemetry;

public sealed partial class TelemetryTableTests
{
    [Fact]
    public void Table_lists_every_instrument_with_its_kind_and_unit_and_no_other()
    {
        var file = Path.Combine(Root(), "docs", "telemetry.md");
        var listed = Row().Matches(File.ReadAllText(file))
            .Select(m => $"{m.Groups["name"].Value} | {m.Groups["kind"].Value} | {m.Groups["unit"].Value}").ToArray();

        var missing = Published().Except(listed, StringComparer.Ordinal).ToArray();
        var extra = listed.Except(Published(), StringComparer.Ordinal).ToArray();

        missing.ShouldBeEmpty("missing in docs/telemetry.md (name | kind | unit)");
        extra.ShouldBeEmpty("in docs/telemetry.md, but no instrument is so (name | kind | unit)");
        listed.ShouldBeUnique();
    }

    [Fact]
    public void Every_instrument_says_what_it_counts_and_in_which_unit()
    {
        foreach (var instrument in Instruments())
        {
            instrument.Name.ShouldMatch(@"^tidemark(\.[a-z_]+)+$");
            instrument.Unit.ShouldNotBeNullOrEmpty(instrument.Name);
            instrument.Description.ShouldNotBeNullOrEmpty(instrument.Name);
        }
    }

    private static IEnumerable<string> Published() => Instruments().Select(i => $"{i.Name} | {Kind(i)} | {i.Unit}");

    private static List<Instrument> Instruments()
    {
        RuntimeHelpers.RunClassConstructor(typeof(TidemarkTelemetry).TypeHandle);
        var found = new List<Instrument>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == TidemarkTelemetry.Name)
                found.Add(instrument);
        };
        listener.Start();
        found.ShouldNotBeEmpty();
        return found;
    }

    // Counter`1, ObservableGauge`1: the table says counter, observable gauge.
    private static string Kind(Instrument instrument) =>
        Capital().Replace(instrument.GetType().Name.Split('`')[0], " $0").Trim().ToLowerInvariant();

    private static string Root([CallerFilePath] string path = "")
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Tidemark.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? Path.GetFullPath(Path.Combine(path, "..", "..", "..", ".."));
    }

    [GeneratedRegex(@"^\| `(?<name>tidemark\.[^`]+)` \| (?<kind>[a-z ]+?) \| `(?<unit>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
