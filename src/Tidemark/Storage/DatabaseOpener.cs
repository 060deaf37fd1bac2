using System.Collections.Concurrent;
using Tidemark.Projections;

namespace Tidemark.Storage;

/// <summary>Makes a database fit for use: its schema, and the generations of inline projections.</summary>
internal sealed class DatabaseOpener(IEventDatabaseStorage storage, StoreParts parts)
{
    private readonly ConcurrentDictionary<string, int> _inlineGenerations = new(StringComparer.Ordinal);

    /// <summary>The generation that an inline projection writes to.</summary>
    public int InlineGenerationOf(string projection) => _inlineGenerations.GetValueOrDefault(projection, 1);

    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (parts.ApplySchema)
            await storage.Schema.ApplyAsync(cancellationToken).ConfigureAwait(false);
        var status = await storage.Schema.CheckAsync(cancellationToken).ConfigureAwait(false);
        if (!status.IsCurrent)
            throw new SchemaException(Describe(status));
        await PrepareInlineAsync(cancellationToken).ConfigureAwait(false);
    }

    private string Describe(SchemaStatus status)
    {
        var problems = status.Problems.ToList();
        if (status.Missing.Count > 0)
        {
            problems.Add(
                $"{status.Missing.Count} migration(s) are missing ({string.Join(", ", status.Missing)}). Apply them before the " +
                $"deployment (ISchema.Script gives the SQL), " +
                "or set Tidemark:Schema to Apply.");
        }

        return $"The schema of {storage.Description} does not fit this version of Tidemark: {string.Join(" ", problems)}";
    }

    private async ValueTask PrepareInlineAsync(CancellationToken cancellationToken)
    {
        var inline = parts.Projections.Of(ProjectionLifecycle.Inline).ToArray();
        if (inline.Length == 0)
            return;
        var generations = await storage.ReadModels.ReadGenerationsAsync(cancellationToken).ConfigureAwait(false);
        foreach (var projection in inline)
        {
            var live = generations.FirstOrDefault(g => g.Projection == projection.Name && g.State == GenerationState.Live);
            if (live is not null && live.Version != projection.Version)
            {
                throw new InvalidOperationException(
                    $"The inline projection '{projection.Name}' has version {projection.Version}, its read model version " +
                    $"{live.Version}. An inline read model cannot be built " +
                    "beside the old one; give the projection another Name and ReadModel, or register it as async.");
            }

            var last = generations.Where(g => g.Projection == projection.Name).Select(g => g.Generation).DefaultIfEmpty().Max();
            var generation = live?.Generation ?? last + 1;
            await storage.ReadModels.PrepareAsync(
                projection.Name, projection.Version, projection.Schema, generation, cancellationToken).ConfigureAwait(false);
            _inlineGenerations[projection.Name] = generation;
        }
    }
}
