using Tidemark.Protocol;
using Tidemark.Protocol.Frames;

namespace Tidemark.AspNetCore;

/// <summary>A question that a member was asked and has not answered.</summary>
internal sealed class OpenQuestion
{
    private readonly TaskCompletionSource<Frame> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OpenQuestion(AskFrame ask, TokenKeeping keeping) => (Number, Asked, Keeping) = (ask.Number, ask.Token, keeping);

    public OpenQuestion(DeliverFrame delivery, TokenKeeping keeping) => (Number, Delivery, Keeping) = (delivery.Number, delivery, keeping);

    /// <summary>Its number.</summary>
    public long Number { get; }

    /// <summary>Completes with the answer, a <see cref="TokenFrame"/> or an <see cref="AckFrame"/>.</summary>
    public Task<Frame> Answer => _answer.Task;

    private WireToken Asked { get; }

    private DeliverFrame? Delivery { get; }

    private TokenKeeping Keeping { get; }

    /// <summary>The member is gone.</summary>
    public void Lose() => _answer.TrySetException(new MemberLostException());

    /// <exception cref="ProtocolException">The answer contradicts the question.</exception>
    public void Take(TokenFrame token)
    {
        if (Delivery is { } delivery)
        {
            if (token.Token is not { } elsewhere)
                throw Wrong("A delivery is answered with ack, or with the token that the client stands at (was null).");
            if (elsewhere == delivery.Offered)
                throw Wrong($"A client that stands at the offered token processes the delivery (it says that it stands at {elsewhere}).");
        }
        else if (Keeping == TokenKeeping.Stored && token.Token is { } foreign && foreign != Asked)
        {
            throw Wrong($"The server keeps the token, {Asked}; the answer is null (was {foreign}).");
        }

        _answer.TrySetResult(token);
    }

    /// <exception cref="ProtocolException">The answer contradicts the question.</exception>
    public void Take(AckFrame ack)
    {
        if (Delivery is not { } delivery)
            throw Wrong("An ask is answered with token (was ack).");
        if (ack.Outcome != AckOutcome.Done && string.IsNullOrWhiteSpace(ack.Reason))
            throw new ProtocolException(ErrorCode.InvalidField, "The field 'reason' says why (was empty).");
        if (ack.Through is { } through && (through <= delivery.Offered.After || through > delivery.Through))
            throw Wrong($"Done through {through} is not in the delivery after {delivery.Offered} to {delivery.Through}.");
        var done = ack.Through ?? delivery.Offered.After;
        if (ack.Outcome is AckOutcome.Park or AckOutcome.Skip && ack.Through is not null && done >= delivery.Events[^1].Position)
            throw Wrong($"{ack.Outcome} is about the event after {done}, and the delivery has none.");
        _answer.TrySetResult(ack);
    }

    private static ProtocolException Wrong(string message) => new(ErrorCode.BadAnswer, message);
}
