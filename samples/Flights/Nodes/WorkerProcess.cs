using System.Diagnostics;
using System.Text;
using Flights.Stores;

namespace Flights.Nodes;

/// <summary>A running worker, as the process that started it sees it.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private WorkerProcess(string name, Process process)
    {
        Name = name;
        _process = process;
        _process.ErrorDataReceived += (_, line) => _errors.AppendLine(line.Data);
        _process.OutputDataReceived += (_, _) => { };
        _process.Start();
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>The name of its node.</summary>
    public string Name { get; }

    /// <summary>Starts this very program once more, as a worker.</summary>
    public static WorkerProcess Start(string name, IFlightsPlace place)
    {
        var program = Environment.ProcessPath ?? throw new IOException("This program's own file is not known, so no node can be started.");
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(typeof(WorkerProcess).Assembly.Location);
        foreach (var word in (string[])["--worker", name, .. place.WorkerArguments])
            start.ArgumentList.Add(word);
        return new WorkerProcess(name, new Process { StartInfo = start });
    }

    /// <summary>Throws when it has ended by itself.</summary>
    public void CheckAlive()
    {
        if (_process.HasExited)
            throw new IOException($"{Name} has ended with code {_process.ExitCode}. {_errors.ToString().Trim()}");
    }

    /// <summary>Ends it as a crash does: nothing is drained or given back.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Lets it drain and end; kills it when that takes too long.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            using var late = new CancellationTokenSource(EndMax);
            await _process.WaitForExitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_process.HasExited)
                await KillAsync();
        }

        _process.Dispose();
    }
}
