namespace Tidemark.Delivery.Sessions;

/// <summary>What an agent does about an answer.</summary>
internal enum VerdictKind
{
    /// <summary>A late or repeated answer: nothing.</summary>
    Ignore = 0,

    /// <summary>A handshake ended: move the cursor to the token and deliver from there.</summary>
    Begin,

    /// <summary>A state sync found the consumer where it was believed to be: go on; the cursor stays where it is.</summary>
    Same,

    /// <summary>The consumer stands elsewhere: move the cursor to the token; log and count it.</summary>
    Reposition,

    /// <summary>The events up to the token are processed, all of the offer or part of it: commit that, go on after it.</summary>
    Advance,

    /// <summary>As <see cref="Advance"/> up to the token; hand the first event after it over again, after the delay.</summary>
    Retry,

    /// <summary>As <see cref="Advance"/> up to the token; park the stream of the first event after it.</summary>
    Park,

    /// <summary>As <see cref="Advance"/> up to the token; record the first event after it as a dead letter and go on.</summary>
    Skip,

    /// <summary>As <see cref="Advance"/> up to the token; then the subscription is faulted.</summary>
    Stop,

    /// <summary>The consumer lost track although the store keeps its token: back off, and start with a handshake again.</summary>
    AskAgain,

    /// <summary>
    /// The consumer's token (the verdict's) lies behind the end of the log as the caller knows it: nothing moved. Ask again with a mark
    /// that was read after the
    /// answer came; if it is still so, the log was rewound or the token was changed: report it.
    /// </summary>
    Ahead,

    /// <summary>The answer is none that a correct consumer gives: nothing moved. End the connection with the error.</summary>
    ProtocolError,
}
