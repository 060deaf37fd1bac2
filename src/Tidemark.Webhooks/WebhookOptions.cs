using Microsoft.Extensions.Options;

namespace Tidemark.Webhooks;

/// <summary>How webhooks are called; bindable from configuration and validated at start.</summary>
public sealed class WebhookOptions
{
    /// <summary>
    /// The CloudEvents attribute <c>source</c>: a URI reference that stays the same for ever, as receivers tell events apart by it and
    /// <c>id</c>. <c>/tidemark</c> by default. The events of tenant databases have the name of the database behind it.
    /// </summary>
    public string Source { get; set; } = "/tidemark";

    /// <summary>
    /// How long a call may take when the subscription's policy does not say it. 30 s by default; 1 ms to 1 day.
    /// </summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest wait that a receiver can ask for with <c>Retry-After</c>; it gets no more. 1 h by default; 0 to 1 day.
    /// </summary>
    public TimeSpan RetryAfterMax { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Whether addresses of private networks, this machine among them, are called. False by default: who may make a subscription could
    /// else reach services behind the firewall. It is looked at for the address that a connection goes to, whatever the name says.
    /// </summary>
    public bool AllowPrivateNetworks { get; set; }

    /// <summary>Refuses values outside their ranges, with the key, the value and the range.</summary>
    internal sealed class Validator : IValidateOptions<WebhookOptions>
    {
        public ValidateOptionsResult Validate(string? name, WebhookOptions options)
        {
            var problems = new List<string>();
            if (string.IsNullOrEmpty(options.Source) || !Uri.IsWellFormedUriString(options.Source, UriKind.RelativeOrAbsolute))
                problems.Add($"Source is '{options.Source}'; it must be a URI reference, such as '/shop' or 'https://shop.example/'.");
            if (options.CallTimeout < TimeSpan.FromMilliseconds(1) || options.CallTimeout > TimeSpan.FromDays(1))
                problems.Add($"CallTimeout is {options.CallTimeout}; it must be 1 ms to 1 day.");
            if (options.RetryAfterMax < TimeSpan.Zero || options.RetryAfterMax > TimeSpan.FromDays(1))
                problems.Add($"RetryAfterMax is {options.RetryAfterMax}; it must be 0 to 1 day.");
            return problems.Count == 0
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(problems.Select(p => "Tidemark webhooks: " + p));
        }
    }
}
