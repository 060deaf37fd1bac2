using Tidemark.Projections;

namespace Tidemark.Testing.InMemory;

/// <summary>What making, publishing and dropping generations does to a state.</summary>
internal static class MemoryGenerations
{
    public static (MemoryState State, ReadModelGeneration Result) Prepare(
        MemoryState state, string projection, int version, ReadModelSchema schema, int generation)
    {
        ArgumentNullException.ThrowIfNull(schema);
        if (state.Generations.TryGetValue((projection, generation), out var known) && known.State == GenerationState.Retired)
            return (state, known);

        foreach (var leaf in schema.Leaves())
        {
            var table = ReadModelSchema.TableOf(leaf.Name, generation);
            if (!state.Tables.ContainsKey(table))
                state = state with { Tables = state.Tables.Add(table, NewTable(projection, leaf)) };
        }

        if (known is not null)
            return (state, known);

        var live = !state.Generations.Values.Any(g => g.Projection == projection && g.State == GenerationState.Live);
        var made = new ReadModelGeneration(projection, generation, version, live ? GenerationState.Live : GenerationState.Building);
        state = With(state, made);
        return (live ? PointViews(state, schema, generation) : state, made);
    }

    public static MemoryState Publish(MemoryState state, string projection, ReadModelSchema schema, int generation)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var hasTables = schema.ViewNames.All(name => state.Tables.ContainsKey(ReadModelSchema.TableOf(name, generation)));
        if (!state.Generations.TryGetValue((projection, generation), out var next) || !hasTables)
            throw new InvalidOperationException(
                $"Generation {generation} of projection '{projection}' has no tables. Prepare and build it before publishing it.");

        foreach (var former in state.Generations.Values.Where(g => g.Projection == projection && g.State == GenerationState.Live))
            state = With(state, former with { State = GenerationState.Retired });
        return PointViews(With(state, next with { State = GenerationState.Live }), schema, generation);
    }

    public static MemoryState Drop(MemoryState state, string projection, ReadModelSchema schema, int generation)
    {
        ArgumentNullException.ThrowIfNull(schema);
        if (!state.Generations.TryGetValue((projection, generation), out var known))
            return state;
        if (known.State == GenerationState.Live)
            throw new InvalidOperationException(
                $"Generation {generation} of projection '{projection}' is the live one. Publish another one before dropping it.");

        var tables = schema.ViewNames.Select(name => ReadModelSchema.TableOf(name, generation));
        state = state with { Tables = state.Tables.RemoveRange(tables) };
        return With(state, known with { State = GenerationState.Retired });
    }

    private static MemoryState With(MemoryState state, ReadModelGeneration generation) =>
        state with { Generations = state.Generations.SetItem((generation.Projection, generation.Generation), generation) };

    private static MemoryState PointViews(MemoryState state, ReadModelSchema schema, int generation) =>
        state with { Views = state.Views.SetItems(schema.ViewNames.Select(name => KeyValuePair.Create(name, generation))) };

    private static MemoryTable NewTable(string projection, ReadModelSchema schema) => schema switch
    {
        DocumentSchema => MemoryDocuments.Empty,
        FlatTableSchema flat => MemoryRows.Empty(flat),
        _ => throw new NotSupportedException(
            $"The projection '{projection}' writes tables of its own in SQL, which the in-memory store does not have. "
            + "Use SQLite or PostgreSQL for it, in tests too."),
    };
}
