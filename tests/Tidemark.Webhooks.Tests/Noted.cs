namespace Tidemark.Webhooks.Tests;

/// <summary>The one event of these tests.</summary>
/// <param name="Number">Its number among those of the test.</param>
public sealed record Noted(int Number);
