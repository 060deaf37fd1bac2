using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Tidemark.Protocol;

namespace Tidemark.AspNetCore;

/// <summary>How remote consumers are served; bindable from configuration and validated at start.</summary>
public sealed class DeliveryOptions
{
    /// <summary>
    /// Each side sends a frame at least this often, and gives the other up after three times as long. 10 s by default; 50 ms to 10 min.
    /// </summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The largest frame of a client, in bytes. 65,536 by default; 4 KiB to 16 MiB.</summary>
    public int FrameBytesMax { get; set; } = DeliveryProtocol.ClientFrameBytesMax;

    /// <summary>The most connections of this process. 10,000 by default; 1 to 1,000,000. One more is answered <c>busy</c>.</summary>
    public int ConnectionsMax { get; set; } = 10_000;

    /// <summary>
    /// Whether connections without TLS are taken from other machines. False by default: tokens of access and events would be readable on
    /// the way. A proxy that ends TLS needs no exception when the application uses forwarded headers.
    /// </summary>
    public bool AllowWithoutTls { get; set; }

    /// <summary>
    /// Where consumers reach the nodes of the cluster: the delivery address by the name of the node. A consumer that connects to the wrong
    /// node is sent there; without an entry it is told the node's name alone and tries its own address again.
    /// </summary>
    public IDictionary<string, string> NodeUrls { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Whether anybody who reaches the endpoint may receive everything. False by default: consumers show a key
    /// (<see cref="DeliveryKeys"/>), or the endpoint has a policy (<c>RequireAuthorization</c>), or <see cref="MayReceive"/> decides.
    /// </summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>
    /// Whether who sent the HTTP request may receive a subscription, by name: for those without a key, after the policies of the endpoint.
    /// Asked at every connection and again with every heartbeat, with the request that began the connection. Null by default.
    /// </summary>
    public Func<HttpContext, string, ValueTask<bool>>? MayReceive { get; set; }

    /// <summary>Refuses values outside their ranges, with the key, the value and the range.</summary>
    internal sealed class Validator : IValidateOptions<DeliveryOptions>
    {
        public ValidateOptionsResult Validate(string? name, DeliveryOptions options)
        {
            var problems = new List<string>();
            if (options.Heartbeat < TimeSpan.FromMilliseconds(50) || options.Heartbeat > TimeSpan.FromMinutes(10))
                problems.Add($"Heartbeat is {options.Heartbeat}; it must be 50 ms to 10 minutes.");
            if (options.FrameBytesMax is < 4096 or > 16 * 1024 * 1024)
                problems.Add($"FrameBytesMax is {options.FrameBytesMax}; it must be 4,096 to 16,777,216.");
            if (options.ConnectionsMax is < 1 or > 1_000_000)
                problems.Add($"ConnectionsMax is {options.ConnectionsMax}; it must be 1 to 1,000,000.");
            foreach (var (node, url) in options.NodeUrls)
            {
                if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("ws" or "wss"))
                    problems.Add($"NodeUrls:{node} is '{url}'; it must be an absolute ws or wss address.");
            }

            return problems.Count == 0
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(problems.Select(p => "Tidemark delivery: " + p));
        }
    }
}
