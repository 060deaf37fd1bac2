using System.Text;
using Npgsql;
using Tidemark.TestKit.Processes;

namespace Tidemark.TestKit.Postgres;

/// <summary>One server process and its data folder: made by initdb, owned by an unprivileged user, gone after disposal.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const int PortAttemptsMax = 5;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    private readonly string _binaries;
    private readonly PostgresClusterOptions _options;
    private readonly string _folder;
    private GuardedProcess? _process;
    private bool _everStarted;

    private PostgresServer(string binaries, PostgresClusterOptions options)
    {
        _binaries = binaries;
        _options = options;
        _folder = ServerFolder.Create("pg");
        Port = LoopbackPort.Pick();
    }

    /// <summary>Fixed after the first start, so that clients find a restarted server again.</summary>
    public int Port { get; private set; }

    public string DataFolder => Path.Combine(_folder, "data");

    public string Log => _process?.Output.Tail(400) ?? "";

    public static async Task<PostgresServer> CreateAsync(PostgresClusterOptions options)
    {
        string binaries = PostgresBinaries.Find() ?? throw new TestKitException(PostgresBinaries.HowToGet);
        var server = new PostgresServer(binaries, options);
        try
        {
            await server.InitializeAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            await LaunchAsync();
            if (await IsReadyAsync(cancellationToken))
            {
                _everStarted = true;
                return;
            }

            string log = Log;
            await StopAsync(PostgresStop.Immediate);
            bool portTaken = log.Contains("could not create any TCP/IP sockets", StringComparison.Ordinal);
            if (!portTaken || attempt == PortAttemptsMax)
                throw new TestKitException($"PostgreSQL did not start in '{DataFolder}' on port {Port}. Its log:\n{log}");
            if (!_everStarted)
                Port = LoopbackPort.Pick();
        }
    }

    public async Task StopAsync(PostgresStop mode)
    {
        if (_process is null)
            return;

        GuardedProcess process = _process;
        process.Signal(mode == PostgresStop.Immediate ? PosixSignalNumber.Quit : PosixSignalNumber.Interrupt);
        try
        {
            await process.Exited.WaitAsync(StopTimeout);
        }
        catch (TimeoutException error)
        {
            throw new TestKitException($"PostgreSQL (pid {process.ProcessId}) did not stop within {StopTimeout}. Its log:\n{Log}", error);
        }
        finally
        {
            await process.DisposeAsync();
            _process = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync(PostgresStop.Immediate);
        }
        finally
        {
            await ServerFolder.RemoveAsync(_folder);
        }
    }

    private async Task InitializeAsync()
    {
        GuardedProcess initdb = await GuardedProcess.StartAsync(Command(
            "initdb", "--pgdata", DataFolder, "--username", PostgresCluster.User, "--auth", "trust", "--encoding", "UTF8",
            "--locale", "C", "--no-sync"));
        await using (initdb)
        {
            int code = await initdb.Exited;
            if (code != 0)
                throw new TestKitException($"initdb failed with code {code} in '{_folder}':\n{initdb.Output.Tail()}");
        }

        ServerFolder.Write(Path.Combine(DataFolder, "postgresql.auto.conf"), Configuration());
    }

    private string Configuration()
    {
        var text = new StringBuilder()
            .AppendLine("listen_addresses = '127.0.0.1'")
            .AppendLine($"unix_socket_directories = '{_folder}'")
            .AppendLine($"max_connections = {_options.MaxConnections}")
            .AppendLine("max_prepared_transactions = 20")
            .AppendLine($"fsync = {(_options.Fsync ? "on" : "off")}")
            .AppendLine("logging_collector = off")
            .AppendLine("log_destination = stderr")
            .AppendLine("log_line_prefix = '%m [%p] %a '");
        foreach ((string name, string value) in _options.Settings)
            text.AppendLine($"{name} = {value}");
        return text.ToString();
    }

    private async Task LaunchAsync() =>
        _process = await GuardedProcess.StartAsync(Command("postgres", "-D", DataFolder, "-p", $"{Port}"));

    private GuardedCommand Command(string program, params string[] arguments) =>
        new([.. Executables.AsUnprivilegedUser("QUIT"), Path.Combine(_binaries, program), .. arguments])
        {
            Folder = _folder,
            OrphanSignal = "QUIT",
            WorkingDirectory = "/",
            Environment = new Dictionary<string, string?> { ["LC_ALL"] = "C", ["PGDATA"] = null, ["PGPORT"] = null, ["HOME"] = _folder },
        };

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_options.StartTimeout);
        while (!_process!.Exited.IsCompleted)
        {
            if (await CanConnectAsync(deadline.Token))
                return true;
            try
            {
                await Task.Delay(PollInterval, deadline.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }

        return false;
    }

    private async Task<bool> CanConnectAsync(CancellationToken cancellationToken)
    {
        // Only this server answers with this data folder: another process's server on the same port is not ours.
        try
        {
            await using var connection = new NpgsqlConnection(PostgresCluster.LocalConnectionString(Port, "postgres", pooling: false));
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("select current_setting('data_directory')", connection);
            return await command.ExecuteScalarAsync(cancellationToken) is string folder && folder == DataFolder;
        }
        catch (Exception error) when (error is NpgsqlException or OperationCanceledException or IOException)
        {
            return false;
        }
    }
}
