using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Pulling;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Shards;

public sealed class ErrorClassifierTests
{
    private static readonly ShardName Shard = new("Totals", 1, SlotRange.All, "main");
    private static readonly Exception Away = new AwayException();
    private readonly ErrorClassifier _classifier = new(AwayException.Is);

    private static RecordedEvent Event => Make.Recorded(7);

    [Fact]
    public void Every_error_has_its_category()
    {
        Category(new ApplyEventException("Totals", Event, new InvalidOperationException())).ShouldBe(ErrorCategory.Apply);
        Category(new EventSerializationException(Event, new FormatException())).ShouldBe(ErrorCategory.Serialization);
        Category(new UnknownEventTypeException(Event)).ShouldBe(ErrorCategory.UnknownType);
        Category(new EventFetcherException("main", new(1), Away)).ShouldBe(ErrorCategory.Fetch);
        Category(new FencedException(Shard, new(1), new(1))).ShouldBe(ErrorCategory.Fenced);
        Category(Rewound()).ShouldBe(ErrorCategory.Rewound);
        Category(new ShardStartException(Shard, new InvalidOperationException())).ShouldBe(ErrorCategory.Start);
        Category(new ShardStartException(Shard, Rewound())).ShouldBe(ErrorCategory.Rewound);
        Category(new ShardStartException(Shard, new FencedException(Shard, new(1), new(1)))).ShouldBe(ErrorCategory.Fenced);
        Category(new RefusedException()).ShouldBe(ErrorCategory.Database);
        Category(Away).ShouldBe(ErrorCategory.Database);
        Category(new InvalidOperationException()).ShouldBe(ErrorCategory.Other);
    }

    [Fact]
    public void Outage_is_what_goes_away_by_itself_wherever_it_is_wrapped()
    {
        foreach (var error in (Exception[])[Away, new EventFetcherException("main", new(1), Away), new ShardStartException(Shard, Away),
            new ApplyEventException("Totals", Event, Away)])
        {
            _classifier.IsOutage(error).ShouldBeTrue(error.GetType().Name);
            _classifier.IsAboutEvents(error).ShouldBeFalse(error.GetType().Name);
        }

        _classifier.IsOutage(new RefusedException()).ShouldBeFalse();
        _classifier.IsOutage(new EventFetcherException("main", new(1), new FormatException())).ShouldBeFalse();
    }

    [Fact]
    public void Only_errors_that_an_event_may_have_caused_are_searched_for_one()
    {
        _classifier.IsAboutEvents(new ApplyEventException("Totals", Event, new InvalidOperationException())).ShouldBeTrue();
        _classifier.IsAboutEvents(new EventSerializationException(Event, new FormatException())).ShouldBeTrue();
        _classifier.IsAboutEvents(new UnknownEventTypeException(Event)).ShouldBeTrue();
        _classifier.IsAboutEvents(new RefusedException()).ShouldBeTrue();
        _classifier.IsAboutEvents(new FencedException(Shard, new(1), new(1))).ShouldBeFalse();
        _classifier.IsAboutEvents(new ReadModelException("Totals", "k", typeof(string), new FormatException())).ShouldBeFalse();
        _classifier.IsAboutEvents(Rewound()).ShouldBeFalse();
    }

    [Fact]
    public void Errors_of_an_event_name_it()
    {
        ErrorClassifier.CulpritOf(new ApplyEventException("Totals", Event, new InvalidOperationException())).ShouldBe(new Position(7));
        ErrorClassifier.CulpritOf(new EventSerializationException(Event, new FormatException())).ShouldBe(new Position(7));
        ErrorClassifier.CulpritOf(new UnknownEventTypeException(Event)).ShouldBe(new Position(7));
        ErrorClassifier.CulpritOf(new UnknownEventTypeException(typeof(string))).ShouldBeNull();
        ErrorClassifier.CulpritOf(new RefusedException()).ShouldBeNull();
    }

    [Fact]
    public void Default_action_never_drops()
    {
        foreach (var category in Enum.GetValues<ErrorCategory>())
            new ErrorOptions().For(category).ShouldBe(ErrorAction.Pause);
        var skipping = new ErrorOptions { Apply = ErrorAction.Skip, Serialization = ErrorAction.Skip, UnknownType = ErrorAction.Skip };
        Enum.GetValues<ErrorCategory>().Where(c => skipping.For(c) == ErrorAction.Skip)
            .ShouldBe([ErrorCategory.Apply, ErrorCategory.Serialization, ErrorCategory.UnknownType]);
    }

    private static LogRewoundException Rewound() =>
        new(new Checkpoint(Shard, new(9), new(1), Make.Id(9), new(9), DateTimeOffset.UnixEpoch));

    private ErrorCategory Category(Exception error) => _classifier.Categorize(error);
}
