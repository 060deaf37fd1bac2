using System.Text;
using Tidemark.Delivery;
using Tidemark.Testing;

namespace Tidemark.Webhooks.Tests;

/// <summary>The signature of Standard Webhooks.</summary>
public sealed class WebhookVerifierTests
{
    // The example that the libraries of Standard Webhooks share.
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const string Timestamp = "1614265330";
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    private const string Body = """{"test": 2432232314}""";

    private readonly ManualClock _clock = new(DateTimeOffset.FromUnixTimeSeconds(1614265330));

    [Fact]
    public void Signature_is_that_of_the_standard()
    {
        WebhookSignature.Make(WebhookSecret.KeysOf(Secret)!, Id, Timestamp, Encoding.UTF8.GetBytes(Body)).ShouldBe(Signature);
        Verify().ShouldBe(WebhookVerdict.Valid);
    }

    [Theory]
    [InlineData(WebhookVerdict.Malformed, null, Timestamp, Signature, Body)]
    [InlineData(WebhookVerdict.Malformed, "", Timestamp, Signature, Body)]
    [InlineData(WebhookVerdict.Malformed, Id, null, Signature, Body)]
    [InlineData(WebhookVerdict.Malformed, Id, "yesterday", Signature, Body)]
    [InlineData(WebhookVerdict.Malformed, Id, "99999999999999999999", Signature, Body)]
    [InlineData(WebhookVerdict.Malformed, Id, Timestamp, null, Body)]
    [InlineData(WebhookVerdict.Malformed, Id, Timestamp, "", Body)]
    [InlineData(WebhookVerdict.WrongSignature, "msg_other", Timestamp, Signature, Body)]
    [InlineData(WebhookVerdict.WrongSignature, Id, "1614265331", Signature, Body)]
    [InlineData(WebhookVerdict.WrongSignature, Id, Timestamp, Signature, """{"test": 2432232315}""")]
    [InlineData(WebhookVerdict.WrongSignature, Id, Timestamp, "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", Body)]
    [InlineData(WebhookVerdict.WrongSignature, Id, Timestamp, "v1,g0hM9SsE", Body)]
    [InlineData(WebhookVerdict.WrongSignature, Id, Timestamp, "v1,?", Body)]
    [InlineData(WebhookVerdict.WrongSignature, Id, Timestamp, "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", Body)]
    [InlineData(WebhookVerdict.Valid, Id, Timestamp, "v1a,xyz v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", Body)]
    public void Call_is_valid_only_as_it_was_sent(WebhookVerdict verdict, string? id, string? timestamp, string? signature, string body) =>
        new WebhookVerifier(Secret, time: _clock).Verify(id, timestamp, signature, Encoding.UTF8.GetBytes(body)).ShouldBe(verdict);

    [Theory]
    [InlineData(300, WebhookVerdict.Valid)]
    [InlineData(301, WebhookVerdict.TooOld)]
    public void Old_calls_are_refused(int seconds, WebhookVerdict verdict)
    {
        _clock.Advance(TimeSpan.FromSeconds(seconds));

        Verify().ShouldBe(verdict);
    }

    [Fact]
    public void Calls_of_the_future_are_refused()
    {
        new WebhookVerifier(Secret, time: new ManualClock(DateTimeOffset.FromUnixTimeSeconds(1614265330 - 301)))
            .Verify(Id, Timestamp, Signature, Encoding.UTF8.GetBytes(Body)).ShouldBe(WebhookVerdict.TooNew);
    }

    [Fact]
    public void Either_secret_verifies_while_one_is_exchanged() =>
        new WebhookVerifier($"{WebhookSecret.Make()} {Secret}", time: _clock)
            .Verify(Id, Timestamp, Signature, Encoding.UTF8.GetBytes(Body)).ShouldBe(WebhookVerdict.Valid);

    [Fact]
    public void Secrets_differ_and_are_taken()
    {
        var (one, other) = (WebhookSecret.Make(), WebhookSecret.Make());

        one.ShouldNotBe(other);
        WebhookSecret.KeysOf(one).ShouldHaveSingleItem().Length.ShouldBe(32);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData("whsec_")]
    [InlineData("whsec_c2hvcnQ=")]
    [InlineData("whsec_not base64")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ")]
    public void What_is_no_secret_is_refused(string secret)
    {
        Should.Throw<ArgumentException>(() => new WebhookVerifier(secret)).Message.ShouldContain("whsec_");
        new WebhookTarget(new Uri("https://example.org/"), secret).Validate().ShouldHaveSingleItem().ShouldContain("WebhookSecret.Make()");
    }

    private WebhookVerdict Verify() =>
        new WebhookVerifier(Secret, time: _clock).Verify(Id, Timestamp, Signature, Encoding.UTF8.GetBytes(Body));
}
