namespace Tidemark.TestKit.Processes;

/// <summary>The output of a process, line by line: the newest lines are kept, and a test can wait for a line without sleeping.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class OutputLines
{
    private const int LinesMax = 50_000;
    private const int LinesInMessages = 40;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private TaskCompletionSource _changed = NewSignal();
    private long _added;
    private bool _ended;

    /// <summary>The lines so far, oldest first.</summary>
    public IReadOnlyList<string> Snapshot()
    {
        lock (_gate)
            return [.. _lines];
    }

    /// <summary>The last lines as one text, for messages.</summary>
    public string Tail(int lines = LinesInMessages) => string.Join('\n', Snapshot().TakeLast(lines));

    /// <summary>Waits for the first line, past or to come, that matches.</summary>
    /// <exception cref="TimeoutException">No such line in time; the message holds the last lines.</exception>
    /// <exception cref="TestKitException">The process ended without such a line.</exception>
    public async Task<string> WaitForAsync(Func<string, bool> matches, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(matches);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        long seen = 0;
        while (true)
        {
            (string[] fresh, bool ended, Task changed) = TakeAfter(ref seen);
            string? found = Array.Find(fresh, line => matches(line));
            if (found is not null)
                return found;
            if (ended)
                throw new TestKitException($"The process ended without the expected line. Its last lines:\n{Tail()}");

            try
            {
                await changed.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException canceled) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"The expected line did not come within {timeout}. The last lines:\n{Tail()}", canceled);
            }
        }
    }

    /// <summary>Waits for the first line that contains <paramref name="text"/>.</summary>
    public Task<string> WaitForAsync(string text, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        WaitForAsync(line => line.Contains(text, StringComparison.Ordinal), timeout, cancellationToken);

    internal void Add(string line)
    {
        lock (_gate)
        {
            _lines.Enqueue(line);
            _added++;
            if (_lines.Count > LinesMax)
                _lines.Dequeue();
            Signal();
        }
    }

    internal void End()
    {
        lock (_gate)
        {
            _ended = true;
            Signal();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Signal()
    {
        _changed.TrySetResult();
        _changed = NewSignal();
    }

    private (string[] Fresh, bool Ended, Task Changed) TakeAfter(ref long seen)
    {
        lock (_gate)
        {
            int fresh = (int)Math.Min(_added - seen, _lines.Count);
            seen = _added;
            return (_lines.TakeLast(fresh).ToArray(), _ended, _changed.Task);
        }
    }
}
