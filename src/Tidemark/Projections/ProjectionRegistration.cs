namespace Tidemark.Projections;

/// <summary>A projection and when it is applied.</summary>
/// <param name="Projection">The projection.</param>
/// <param name="Lifecycle">When it is applied.</param>
public sealed record ProjectionRegistration(Projection Projection, ProjectionLifecycle Lifecycle);
