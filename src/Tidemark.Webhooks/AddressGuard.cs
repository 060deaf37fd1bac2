using System.Net;

namespace Tidemark.Webhooks;

/// <summary>
/// Lets connections through to public addresses alone, unless private ones are allowed. It judges the addresses that are then connected
/// to, so a name that resolves to something else a moment later does not get past it.
/// </summary>
internal sealed class AddressGuard(bool allowsPrivate, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    // Networks that are not the public internet: private, shared, of this machine, link-local (cloud metadata), multicast, documentation,
    // benchmarks, reserved.
    private static readonly IPNetwork[] NotPublic =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20",
        ]).Select(IPNetwork.Parse),
    ];

    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;

    /// <summary>The addresses of a host that may be connected to; at least one.</summary>
    /// <param name="host">A name or an address.</param>
    /// <param name="isPlain">Without TLS; then it has to be this machine.</param>
    /// <param name="cancellationToken">Cancels the look-up.</param>
    /// <exception cref="WebhookAddressException">It has addresses, and none of them may be.</exception>
    public async ValueTask<IPAddress[]> ResolveAsync(string host, bool isPlain, CancellationToken cancellationToken)
    {
        var all = IPAddress.TryParse(host, out var literal) ? [literal] : await _resolve(host, cancellationToken).ConfigureAwait(false);
        IPAddress[] allowed = [.. all.Where(a => (allowsPrivate || IsPublic(a)) && (!isPlain || IPAddress.IsLoopback(a)))];
        return allowed.Length > 0 || all.Length == 0 ? allowed : throw new WebhookAddressException(host, isPlain && allowsPrivate);
    }

    /// <summary>Whether an address is one of the public internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return IsPublic(address.MapToIPv4());
        if (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
        {
            var bytes = address.GetAddressBytes();
            if (Translated.Contains(address))
                return IsPublic(new IPAddress(bytes.AsSpan(12)));
            if (SixToFour.Contains(address))
                return IsPublic(new IPAddress(bytes.AsSpan(2, 4)));
            if (!Global.Contains(address))
                return false;
        }

        return !NotPublic.Any(n => n.Contains(address));
    }
}
