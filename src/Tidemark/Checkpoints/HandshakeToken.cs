using Tidemark.Events;

namespace Tidemark.Checkpoints;

/// <summary>
/// Where a consumer stands. <c>Start(p)</c>: p is not processed yet, delivery begins with p itself. <c>Delivered(p)</c>: p is processed,
/// delivery begins after p.
/// Two tokens are equal only when kind and position are: "about to process p" and "done with p" must never look the same.
/// </summary>
/// <param name="Kind">Inclusive or exclusive.</param>
/// <param name="Position">The position.</param>
public readonly record struct HandshakeToken(HandshakeTokenKind Kind, Position Position)
{
    /// <summary>Begin with the event at this position.</summary>
    public static HandshakeToken Start(Position position) => new(HandshakeTokenKind.Start, position);

    /// <summary>Begin after this position.</summary>
    public static HandshakeToken Delivered(Position position) => new(HandshakeTokenKind.Delivered, position);

    /// <summary>The position after which delivery begins.</summary>
    public Position After => Kind == HandshakeTokenKind.Delivered || Position.Value == 0 ? Position : new(Position.Value - 1);

    /// <inheritdoc />
    public override string ToString() => $"{Kind}({Position})";
}
