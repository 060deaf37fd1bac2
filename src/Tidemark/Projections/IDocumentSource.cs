using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>An earlier stage's documents, as a later stage uses them while a page is applied.</summary>
internal interface IDocumentSource
{
    /// <summary>The document type.</summary>
    Type Document { get; }

    /// <summary>Its <see cref="Changed{TDocument}"/>.</summary>
    Type Changed { get; }

    /// <summary>What changed in this page so far, in position order. Kept only once <see cref="Follow"/> was called.</summary>
    IReadOnlyList<RecordedEvent> Changes { get; }

    /// <summary>A later stage handles the changes.</summary>
    void Follow();

    /// <summary>A later stage looks documents up.</summary>
    void KeepStates();

    /// <summary>Asks for a document; it is there once <see cref="LoadWantedAsync"/> has ended.</summary>
    IDocumentStates Want(TenantId tenant, string key);

    /// <summary>Loads what was asked for and is not in memory, in one round trip.</summary>
    ValueTask LoadWantedAsync(CancellationToken cancellationToken);

    /// <summary>The page is applied: forgets what was kept for later stages.</summary>
    void EndPage();
}

/// <summary>A document as it stood after each event of a page.</summary>
internal interface IDocumentStates
{
    /// <summary>The document after the event at a position of the page; null when there is none.</summary>
    object? After(Position position);
}
