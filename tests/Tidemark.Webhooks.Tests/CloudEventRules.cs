using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tidemark.Webhooks.Tests;

/// <summary>The rules of CloudEvents 1.0 and its JSON format, written from the specification and not from the code under test.</summary>
internal static partial class CloudEventRules
{
    private static readonly string[] Required = ["specversion", "id", "source", "type"];

    public static void Check(JsonElement e)
    {
        e.ValueKind.ShouldBe(JsonValueKind.Object);
        foreach (var name in Required)
            e.GetProperty(name).GetString().ShouldNotBeNullOrEmpty(name);
        e.GetProperty("specversion").GetString().ShouldBe("1.0");
        Uri.IsWellFormedUriString(e.GetProperty("source").GetString(), UriKind.RelativeOrAbsolute).ShouldBeTrue();
        e.EnumerateObject().Select(p => p.Name).ShouldBeUnique();
        foreach (var attribute in e.EnumerateObject().Where(p => p.Name is not ("data" or "data_base64")))
        {
            attribute.Name.ShouldMatch("^[a-z0-9]{1,20}$");
            CheckValue(attribute.Name, attribute.Value);
        }

        if (e.TryGetProperty("time", out var time))
        {
            Rfc3339().IsMatch(time.GetString()!).ShouldBeTrue(time.GetString());
            DateTimeOffset.TryParse(time.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.None, out _).ShouldBeTrue();
        }

        if (e.TryGetProperty("subject", out var subject))
            subject.GetString().ShouldNotBeNullOrEmpty();
        if (e.TryGetProperty("datacontenttype", out var type))
            type.GetString().ShouldBe("application/json");
        e.TryGetProperty("data_base64", out _).ShouldBeFalse();
    }

    private static void CheckValue(string name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                foreach (var rune in value.GetString()!.EnumerateRunes())
                {
                    (rune.Value is <= 0x1F or (>= 0x7F and <= 0x9F) or (>= 0xFDD0 and <= 0xFDEF) || (rune.Value & 0xFFFE) == 0xFFFE)
                        .ShouldBeFalse($"{name} holds U+{rune.Value:X4}");
                }

                break;
            case JsonValueKind.Number:
                value.TryGetInt32(out _).ShouldBeTrue($"{name} is {value}");
                break;
            default:
                value.ValueKind.ShouldBeOneOf(JsonValueKind.True, JsonValueKind.False);
                break;
        }
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex Rfc3339();
}
