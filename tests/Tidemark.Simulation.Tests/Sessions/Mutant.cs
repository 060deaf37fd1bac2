namespace Tidemark.Simulation.Tests.Sessions;

/// <summary>Broken variants of the delivery rules; the model test must catch each one.</summary>
internal enum Mutant
{
    None = 0,

    /// <summary>The cursor goes behind the position of a token, also when it is not processed yet.</summary>
    ExclusiveStart,

    /// <summary>The cursor goes before the position of a token, also when it is processed.</summary>
    InclusiveDelivered,

    /// <summary>An answer is taken for the answer to the latest question, whichever number it carries.</summary>
    NumbersIgnored,

    /// <summary>The consumer processes what it gets, without comparing what is offered.</summary>
    OfferedIgnored,

    /// <summary>The consumer's transaction does not look at the token that it replaces.</summary>
    TransactionWithoutComparison,

    /// <summary>A delivery that is done in part counts as done.</summary>
    PartCountsAsWhole,

    /// <summary>An event that is to be handed over again counts as done.</summary>
    RetryCountsAsDone,

    /// <summary>A skipped event leaves no record.</summary>
    SkipWithoutRecord,

    /// <summary>Events of a parked stream are passed without being recorded.</summary>
    ParkedQueueForgotten,

    /// <summary>
    /// With own tokens, events of a parked stream are recorded only when the delivery that passes them is answered: too late if the answer
    /// is lost, for the consumer has moved on.
    /// </summary>
    ParkedQueueAfterDelivery,

    /// <summary>The server's checkpoint is believed although the consumer keeps the token.</summary>
    OwnTokenIgnored,

    /// <summary>The commit of an owner that lost its lease counts.</summary>
    FenceIgnored,

    /// <summary>The token moves before the outcome is known.</summary>
    CommitBeforeAnswer,
}
