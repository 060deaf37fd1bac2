using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tidemark.Benchmarks.Workload;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Projections;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>Checks what a catch-up has built: a fast wrong answer is worth nothing.</summary>
internal static class BuiltReadModel
{
    /// <summary>Checks that every event is in the read model once.</summary>
    /// <returns>SHA-256 over all of it in the order of the keys, to compare with that of another; empty when nothing is kept.</returns>
    public static async Task<string> CheckAsync(TidemarkHost host, ProjectionKind kind, string projection, int events)
    {
        switch (kind)
        {
            case ProjectionKind.Aggregate or ProjectionKind.Computing:
                await CheckDocumentsAsync(host, projection, events).ConfigureAwait(false);
                return await DigestDocumentsAsync(host, projection).ConfigureAwait(false);
            case ProjectionKind.Statements:
                return await CheckRowsAsync(host, projection, events).ConfigureAwait(false);
            default:
                return "";
        }
    }

    /// <summary>The same for documents alone, without the digest.</summary>
    public static async Task CheckDocumentsAsync(TidemarkHost host, string projection, int events)
    {
        long lines = 0;
        long paid = 0;
        await foreach (var (_, order) in host.Store.Documents<OrderState>(projection).AllAsync().ConfigureAwait(false))
        {
            lines += order.Lines;
            paid += order.Paid > 0 ? 1 : 0;
        }

        Expect(projection, events, lines, paid);
    }

    private static async Task<string> DigestDocumentsAsync(TidemarkHost host, string projection)
    {
        const int page = 2_000;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string? after = null;
        while (true)
        {
            var documents = await host.Database.Storage.ReadModels.ReadLiveAsync(
                projection, TenantId.Default, after, page, CancellationToken.None).ConfigureAwait(false);
            foreach (var document in documents)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(document.Key.Key));
                hash.AppendData(document.Json.Span);
            }

            if (documents.Count < page)
                return Text(hash);
            after = documents[^1].Key.Key;
        }
    }

    private static async Task<string> CheckRowsAsync(TidemarkHost host, string projection, int events)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long lines = 0;
        long paid = 0;
        var storage = host.Database.Storage;
        var open = await storage.ReadModels.BeginBoundAsync(storage.Log, CancellationToken.None).ConfigureAwait(false);
        await using (open.ConfigureAwait(false))
        {
            var command = open.Transaction!.Connection!.CreateCommand();
            await using var closing = command.ConfigureAwait(false);
            command.Transaction = open.Transaction;
            command.CommandText = OrderStatements.ReadAll(storage.ReadModels.ViewName(projection));
            var rows = await command.ExecuteReaderAsync().ConfigureAwait(false);
            await using var ending = rows.ConfigureAwait(false);
            while (await rows.ReadAsync().ConfigureAwait(false))
            {
                lines += rows.GetInt64(1);
                paid += rows.GetInt64(3) > 0 ? 1 : 0;
                var row = string.Create(
                    CultureInfo.InvariantCulture, $"{rows.GetString(0)} {rows.GetInt64(1)} {rows.GetInt64(2)} {rows.GetInt64(3)}\n");
                hash.AppendData(Encoding.UTF8.GetBytes(row));
            }
        }

        Expect(projection, events, lines, paid);
        return Text(hash);
    }

    private static void Expect(string projection, int events, long lines, long paid)
    {
        var perStream = events / Orders.Streams;
        var expected = (long)Orders.Streams * (perStream - (perStream / Orders.PaymentEvery));
        if (events % Orders.Streams != 0 || (lines == expected && paid == (perStream >= Orders.PaymentEvery ? Orders.Streams : 0)))
            return;
        throw new InvalidOperationException(
            $"The read model of {projection} holds {lines} lines and {paid} paid orders; {expected} lines were expected.");
    }

    private static string Text(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
}
