namespace Tidemark.TestKit.Processes;

/// <summary>
/// A real operating-system process of a .NET program, for tests of real faults: it can be killed without warning, frozen and
/// woken. It never outlives the test process.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private readonly GuardedProcess _process;

    private ChildProcess(GuardedProcess process) => _process = process;

    /// <summary>The program's own process id.</summary>
    public int ProcessId => _process.ProcessId;

    /// <summary>Standard output and standard error, line by line.</summary>
    public OutputLines Output => _process.Output;

    /// <summary>Whether the process is gone and all its output is read.</summary>
    public bool HasExited => _process.Exited.IsCompleted;

    /// <summary>Starts a program.</summary>
    /// <param name="program">A <c>.dll</c> (run by the dotnet host) or an executable.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set, or with null to remove; the others are inherited.</param>
    /// <exception cref="TestKitException">The file does not exist, or the process did not start.</exception>
    public static async Task<ChildProcess> StartAsync(
        string program,
        IEnumerable<string>? arguments = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        string path = Path.GetFullPath(program);
        if (!File.Exists(path))
            throw new TestKitException($"There is no program to start at '{path}'. Build its project first.");

        string[] host = path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? [Executables.Dotnet(), path] : [path];
        var command = new GuardedCommand([.. host, .. arguments ?? []])
        {
            Environment = environment ?? new Dictionary<string, string?>(),
            WorkingDirectory = Path.GetDirectoryName(path),
        };
        return new ChildProcess(await GuardedProcess.StartAsync(command));
    }

    /// <summary>Ends the process as a crash does: no handler runs. Returns when it is gone.</summary>
    public async Task Kill9()
    {
        _process.Signal(PosixSignalNumber.Kill);
        await _process.Exited;
    }

    /// <summary>Asks the process to end in order (SIGTERM).</summary>
    public void Terminate() => _process.Signal(PosixSignalNumber.Terminate);

    /// <summary>Sends SIGHUP, to which a program may give a meaning of its own.</summary>
    public void HangUp() => _process.Signal(PosixSignalNumber.Hangup);

    /// <summary>
    /// Freezes the process: when this returns no thread runs until <see cref="Continue"/>; connections stay open. The signal alone does
    /// not do that: one thread has to be scheduled to receive it, and on a busy machine the others work on until then.
    /// </summary>
    public async Task StopAsync()
    {
        _process.Signal(PosixSignalNumber.Stop);
        await Eventually.TrueAsync(() => Threads.AllStopped(ProcessId), $"every thread of process {ProcessId} has stopped");
    }

    /// <summary>Wakes a frozen process.</summary>
    public void Continue() => _process.Signal(PosixSignalNumber.Continue);

    /// <summary>Waits for the end and returns the exit code (128 + n after signal n).</summary>
    public Task<int> WaitForExitAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        _process.Exited.WaitAsync(timeout, cancellationToken);

    /// <summary>Kills the process if it still runs.</summary>
    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
