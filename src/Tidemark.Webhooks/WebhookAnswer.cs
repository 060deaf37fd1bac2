using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Tidemark.Webhooks;

/// <summary>A receiver's answer, as far as it matters.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="Status">Its HTTP status.</param>
/// <param name="RetryAfter">The wait it asks for; null when it names none that can be read.</param>
/// <param name="Text">The first part of its body, in one line; empty for none.</param>
internal sealed record WebhookAnswer(WebhookAnswerKind Kind, int Status, TimeSpan? RetryAfter, string Text)
{
    private const int BodyBytesMax = 1024;

    // The status is known; its explanation is worth this much.
    private static readonly TimeSpan BodyWaitMax = TimeSpan.FromSeconds(2);

    /// <summary>The status and the text, for people.</summary>
    public string Reason => Text.Length == 0 ? $"answered {Status}" : $"answered {Status}: {Text}";

    /// <summary>Reads an answer whose headers have come.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="secret">The secret, which a text that repeats it does not show.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public static async ValueTask<WebhookAnswer> ReadAsync(
        HttpResponseMessage response, string? secret, TimeProvider time, CancellationToken cancellationToken)
    {
        var wait = WaitOf(response.Headers.RetryAfter, time);
        var kind = Judge(response.StatusCode, wait is not null);
        var text = kind == WebhookAnswerKind.Done
            ? ""
            : await ReadTextAsync(response.Content, time, cancellationToken).ConfigureAwait(false);
        return new WebhookAnswer(kind, (int)response.StatusCode, wait, Clean(text, secret));
    }

    /// <summary>What a status means.</summary>
    /// <param name="status">The status.</param>
    /// <param name="namesWait">Whether the answer says when to come again.</param>
    public static WebhookAnswerKind Judge(HttpStatusCode status, bool namesWait) => status switch
    {
        >= (HttpStatusCode)200 and < (HttpStatusCode)300 => WebhookAnswerKind.Done,
        HttpStatusCode.Gone => WebhookAnswerKind.Gone,
        HttpStatusCode.RequestTimeout or (HttpStatusCode)425 or HttpStatusCode.TooManyRequests => WebhookAnswerKind.Away,
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => WebhookAnswerKind.Away,
        >= (HttpStatusCode)500 when namesWait => WebhookAnswerKind.Away,
        _ => WebhookAnswerKind.Refused,
    };

    private static TimeSpan? WaitOf(RetryConditionHeaderValue? header, TimeProvider time)
    {
        var wait = header?.Delta ?? (header?.Date - time.GetUtcNow());
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static async ValueTask<string> ReadTextAsync(HttpContent content, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(BodyWaitMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var bytes = new byte[BodyBytesMax];
        var count = 0;
        try
        {
            var stream = await content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
                count = await FillAsync(stream, bytes, read => count = read, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return Encoding.UTF8.GetString(bytes, 0, count);
    }

    private static async ValueTask<int> FillAsync(Stream stream, byte[] bytes, Action<int> note, CancellationToken cancellationToken)
    {
        var count = 0;
        while (count < bytes.Length)
        {
            var read = await stream.ReadAsync(bytes.AsMemory(count), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                break;
            note(count += read);
        }

        return count;
    }

    private static string Clean(string text, string? secret)
    {
        foreach (var part in secret?.Split(' ') ?? [])
        {
            text = text.Replace(part, "(secret)", StringComparison.Ordinal)
                .Replace(part["whsec_".Length..], "(secret)", StringComparison.Ordinal);
        }

        return CloudEventText.Fit(text, ' ').Trim();
    }
}
