using System.Diagnostics;
using System.Globalization;

namespace Tidemark.TestKit.Processes;

/// <summary>
/// A child process that does not outlive the test process. Between the two stands a small shell (<c>guard.sh</c>) in a session
/// of its own: it holds the reading end of a pipe, and the pipe's end of file tells it that the test process is gone, however it
/// died. PDEATHSIG alone would not do: it follows the starting thread, and pool threads end while the process lives.
/// </summary>
internal sealed class GuardedProcess : IAsyncDisposable
{
    private static readonly string Script = ReadScript();

    private readonly Process _guard;
    private readonly TaskCompletionSource<int> _processId = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GuardedProcess(GuardedCommand command)
    {
        _guard = new Process { StartInfo = StartInfo(command) };
        _guard.OutputDataReceived += (_, line) => OnStandardOutput(line.Data);
        _guard.ErrorDataReceived += (_, line) => OnStandardError(line.Data);
        _guard.Start();
        _guard.BeginOutputReadLine();
        _guard.BeginErrorReadLine();
        Exited = ExitedAsync();
    }

    /// <summary>Standard output and standard error, in the order in which they arrived.</summary>
    public OutputLines Output { get; } = new();

    public int ProcessId { get; private set; }

    /// <summary>Completes with the exit code (128 + n after signal n) when the process is gone and its output is read.</summary>
    public Task<int> Exited { get; }

    public static async Task<GuardedProcess> StartAsync(GuardedCommand command)
    {
        if (OperatingSystem.IsWindows())
            throw new TestKitException("The test kit needs a POSIX system. Run these tests on Linux or in WSL.");

        var process = new GuardedProcess(command);
        await Task.WhenAny(process._processId.Task, process.Exited);
        if (!process._processId.Task.IsCompletedSuccessfully)
            throw new TestKitException($"'{command.Words[0]}' did not start:\n{process.Output.Tail()}");

        process.ProcessId = await process._processId.Task;
        return process;
    }

    /// <returns>False when the process is already gone.</returns>
    public bool Signal(PosixSignalNumber signal) => !Exited.IsCompleted && Posix.Signal(ProcessId, signal);

    public async ValueTask DisposeAsync()
    {
        Signal(PosixSignalNumber.Kill);
        await Exited;
        _guard.Dispose();
    }

    private static ProcessStartInfo StartInfo(GuardedCommand command)
    {
        string? setsid = Executables.Find("setsid");
        var info = new ProcessStartInfo
        {
            FileName = setsid ?? "/bin/sh",
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = command.WorkingDirectory ?? "",
        };
        if (setsid is not null)
            info.ArgumentList.Add("/bin/sh");
        foreach (string word in (string[])["-c", Script, "guard", command.Folder ?? "", command.OrphanSignal, .. command.Words])
            info.ArgumentList.Add(word);
        foreach ((string name, string? value) in command.Environment)
            info.Environment[name] = value;
        return info;
    }

    private void OnStandardOutput(string? line)
    {
        if (line is null)
            return;
        // The guard's protocol: the first line is the process id.
        if (_processId.Task.IsCompleted)
            Output.Add(line);
        else
            _processId.TrySetResult(int.Parse(line, CultureInfo.InvariantCulture));
    }

    private void OnStandardError(string? line)
    {
        if (line is not null)
            Output.Add(line);
    }

    private async Task<int> ExitedAsync()
    {
        await _guard.WaitForExitAsync();
        Output.End();
        return _guard.ExitCode;
    }

    private static string ReadScript()
    {
        using Stream stream = typeof(GuardedProcess).Assembly.GetManifestResourceStream("guard.sh")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
