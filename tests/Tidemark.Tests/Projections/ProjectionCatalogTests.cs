using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Projections;

public sealed class ProjectionCatalogTests
{
    private sealed record Unregistered(int N);

    private sealed class Empty : SingleStreamProjection<Book>;

    private sealed class Stranger : SingleStreamProjection<Book>
    {
        public Stranger() => Create<Unregistered>(_ => new("", 0, 0));
    }

    private sealed class Named : SingleStreamProjection<Balance>
    {
        public Named(string name, string? readModel = null)
        {
            Name = name;
            if (readModel is not null)
                ReadModel = readModel;
            Create<Opened>(e => new(e.Data.Owner, 0, 0));
        }
    }

    private sealed class Keyless : MultiStreamProjection<Book>
    {
        public Keyless()
        {
            Initial(key => new(key, 0, 0));
            On<Deposited>((b, _) => b);
        }
    }

    [Fact]
    public void Two_projections_of_one_name_are_refused() =>
        Error(new Named("Same"), new Named("Same")).ShouldBe("Two projections are named 'Same'; give one another Name.");

    [Fact]
    public void Two_projections_of_one_read_model_are_refused() => Error(new Named("One", "model"), new Named("Two", "model"))
        .ShouldBe("The read model 'model' belongs to several projections: One, Two. Give one another ReadModel.");

    [Fact]
    public void Projection_without_handlers_is_refused() =>
        Error(new Empty()).ShouldBe("Projection 'Empty' handles no event types; name its handlers in its constructor.");

    [Fact]
    public void Handler_of_an_unregistered_type_is_refused() =>
        Should.Throw<UnknownEventTypeException>(() => Catalog(ProjectionLifecycle.Async, new Stranger())).Message
            .ShouldContain("Add<Unregistered>");

    [Fact]
    public void Only_single_stream_projections_can_be_live() =>
        Should.Throw<InvalidOperationException>(() => Catalog(ProjectionLifecycle.Live, new Books())).Message
            .ShouldBe("Projection 'Books' cannot be live: only single-stream projections are folded when asked for.");

    [Fact]
    public void Live_projection_occupies_no_read_model() =>
        new ProjectionCatalog(
            [new(new Named("One", "model"), ProjectionLifecycle.Live), new(new Named("Two", "model"), ProjectionLifecycle.Async)],
                Accounts.Types)
            .DocumentsOf<Balance>(null).Name.ShouldBe("Two");

    [Fact]
    public void Projection_is_found_by_name_or_the_names_are_given()
    {
        var catalog = Catalog(ProjectionLifecycle.Async, new Named("One"), new Named("Two"));
        catalog.Find("Two").Name.ShouldBe("Two");
        Should.Throw<ArgumentException>(() => catalog.Find("Three")).Message
            .ShouldStartWith("There is no projection 'Three'; there are: One, Two.");
    }

    [Fact]
    public void Documents_are_found_by_type_or_by_type_and_name()
    {
        var catalog = Catalog(ProjectionLifecycle.Async, new Named("One"), new Named("Two"));
        catalog.DocumentsOf<Balance>("Two").Name.ShouldBe("Two");
        Should.Throw<InvalidOperationException>(() => catalog.DocumentsOf<Balance>(null)).Message
            .ShouldBe("Several stored document projections have document type Balance: One, Two. Name the one you mean.");
        Should.Throw<InvalidOperationException>(() => catalog.DocumentsOf<Book>(null)).Message
            .ShouldBe("No stored document projection with document type Book is registered. Register one with AddProjection.");
        Should.Throw<InvalidOperationException>(() => catalog.DocumentsOf<Balance>("Three")).Message.ShouldContain("named 'Three'");
        Should.Throw<InvalidOperationException>(() => catalog.FoldOf<Book>()).Message.ShouldContain("No single-stream projection");
    }

    [Fact]
    public async Task Projection_that_names_no_key_is_refused_at_the_start()
    {
        var error = await Should.ThrowAsync<InvalidOperationException>(() => BankHost.StartAsync(t => t.AddProjection<Keyless>()));
        error.Message
            .ShouldBe("Projection 'Keyless' handles Deposited but names no key for it. Add Key<Deposited>(…) or Keys<Deposited>(…).");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a:b")]
    [InlineData("a@b")]
    public void Name_that_a_shard_cannot_have_is_refused(string name) => Should.Throw<ArgumentException>(() => new Named(name));

    [Theory]
    [InlineData("OrderSummaries", "order_summaries")]
    [InlineData("HTTPCalls", "httpcalls")]
    [InlineData("By-Day.2", "by_day_2")]
    [InlineData("already_snake", "already_snake")]
    public void Read_model_is_named_after_its_projection(string name, string readModel) => new Named(name).ReadModel.ShouldBe(readModel);

    [Theory]
    [InlineData("")]
    [InlineData("1st")]
    [InlineData("Upper")]
    [InlineData("a-b")]
    [InlineData("a\"b")]
    [InlineData("ä")]
    public void Read_model_name_that_is_no_identifier_is_refused(string name) =>
        Should.Throw<ArgumentException>(() => new Named("One", name)).Message.ShouldContain("1 to 48 characters");

    private static ProjectionCatalog Catalog(ProjectionLifecycle lifecycle, params Projection[] projections) =>
        new([.. projections.Select(p => new ProjectionRegistration(p, lifecycle))], Accounts.Types);

    private static string Error(params Projection[] projections) =>
        Should.Throw<InvalidOperationException>(() => Catalog(ProjectionLifecycle.Async, projections)).Message;
}
