namespace Tidemark;
/// <summary>x</summary>
public sealed class EventStore;
