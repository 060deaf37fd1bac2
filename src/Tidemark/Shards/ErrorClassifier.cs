using System.Data.Common;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Pulling;

namespace Tidemark.Shards;

/// <summary>Sorts errors into categories, and tells those that a single event may have caused from those of the world around it.</summary>
internal sealed class ErrorClassifier(Func<Exception, bool> isTransient)
{
    public ErrorCategory Categorize(Exception error) => error switch
    {
        ApplyEventException => ErrorCategory.Apply,
        EventSerializationException => ErrorCategory.Serialization,
        UnknownEventTypeException => ErrorCategory.UnknownType,
        EventFetcherException => ErrorCategory.Fetch,
        LogRewoundException => ErrorCategory.Rewound,
        ConsumerException consumer => consumer.Category,
        FencedException => ErrorCategory.Fenced,
        ShardStartException start => start.InnerException is LogRewoundException or FencedException
            ? Categorize(start.InnerException) : ErrorCategory.Start,
        DbException => ErrorCategory.Database,
        _ => isTransient(error) ? ErrorCategory.Database : ErrorCategory.Other,
    };

    /// <summary>The database or the way to it was away; the same work will succeed once it is back.</summary>
    public bool IsOutage(Exception error) => error switch
    {
        EventFetcherException or ShardStartException => error.InnerException is { } inner && isTransient(inner),
        ApplyEventException => error.InnerException is { } inner && isTransient(inner),
        _ => isTransient(error),
    };

    /// <summary>The category of an error that one event alone caused.</summary>
    public ErrorCategory CategorizeEvent(Exception error)
    {
        var category = Categorize(error);
        return category is ErrorCategory.Serialization or ErrorCategory.UnknownType ? category : ErrorCategory.Apply;
    }

    /// <summary>The position of the event that an error names.</summary>
    public static Position? CulpritOf(Exception error) => error switch
    {
        ApplyEventException apply => apply.Event.Position,
        EventSerializationException serialization => serialization.Position,
        UnknownEventTypeException unknown => unknown.Position,
        _ => null,
    };

    /// <summary>Whether trying fewer events can find a culprit.</summary>
    public bool IsAboutEvents(Exception error) =>
        error is not (FencedException or EventFetcherException or ShardStartException or LogRewoundException or ReadModelException
            or ParkedStreamsException or DeadLetterException or ShardOutboxException or ConsumerException)
            && !IsOutage(error);
}
