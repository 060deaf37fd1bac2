namespace Tidemark.Benchmarks.Stores;

/// <summary>How the limit of appends is measured.</summary>
/// <param name="Connections">How many connections insert at once.</param>
/// <param name="Rows">How many rows one commit holds.</param>
internal readonly record struct AppendLimit(int Connections, int Rows)
{
    public override string ToString() => $"{Rows} row(s) a commit on {Connections} connection(s)";
}
