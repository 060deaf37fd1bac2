using Npgsql;
using Tidemark.TestKit.Postgres;
using Tidemark.TestKit.Processes;

namespace Tidemark.TestKit.PgBouncer;

/// <summary>
/// pgbouncer in transaction pooling mode before a server: each transaction may run on another server connection, so whatever rests on a
/// session (session locks, LISTEN, SET) breaks here.
/// </summary>
public sealed class PgBouncerProxy : IAsyncDisposable
{
    private const int PortAttemptsMax = 5;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly string _folder;
    private readonly GuardedProcess _process;

    private PgBouncerProxy(string folder, GuardedProcess process, int port)
    {
        _folder = folder;
        _process = process;
        Port = port;
    }

    /// <summary>The pooler's port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The last lines of the pooler's log.</summary>
    public string Log => _process.Output.Tail(400);

    internal const string HowToGet =
        "pgbouncer was not found on PATH or in /usr/sbin. Install it (Debian, Ubuntu: apt-get install pgbouncer).";

    /// <summary>Starts a pooler before all databases of the server.</summary>
    /// <exception cref="TestKitException">pgbouncer was not found or did not start; the message says what to do.</exception>
    public static async Task<PgBouncerProxy> StartAsync(
        PostgresCluster cluster,
        PgBouncerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        string program = Executables.Find("pgbouncer") ?? throw new TestKitException(HowToGet);
        string log = "";
        for (int attempt = 1; attempt <= PortAttemptsMax; attempt++)
        {
            PgBouncerProxy proxy = await LaunchAsync(program, cluster, options ?? new PgBouncerOptions());
            if (await proxy.IsReadyAsync(cancellationToken))
                return proxy;

            log = proxy.Log;
            await proxy.DisposeAsync();
        }

        throw new TestKitException($"pgbouncer did not start. Its log:\n{log}");
    }

    /// <summary>
    /// A connection string for one database through the pooler. The driver's reset on close is off: behind a transaction pooler the
    /// session it would reset is not its own.
    /// </summary>
    public string ConnectionString(string database) =>
        new NpgsqlConnectionStringBuilder(PostgresCluster.LocalConnectionString(Port, database, pooling: true))
        {
            NoResetOnClose = true,
        }.ConnectionString;

    /// <summary>The pooled counterpart of a direct connection string of the same server.</summary>
    public string Through(string directConnectionString) =>
        ConnectionString(new NpgsqlConnectionStringBuilder(directConnectionString).Database!);

    /// <summary>Ends the pooler and removes its files.</summary>
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await ServerFolder.RemoveAsync(_folder);
    }

    private static async Task<PgBouncerProxy> LaunchAsync(string program, PostgresCluster cluster, PgBouncerOptions options)
    {
        int port = LoopbackPort.Pick();
        string folder = ServerFolder.Create("bouncer");
        string file = Path.Combine(folder, "pgbouncer.ini");
        ServerFolder.Write(file, Configuration(cluster, options, port, folder));
        GuardedProcess process = await GuardedProcess.StartAsync(
            new GuardedCommand([.. Executables.AsUnprivilegedUser("KILL"), program, file]) { Folder = folder, WorkingDirectory = "/" });
        return new PgBouncerProxy(folder, process, port);
    }

    private static string Configuration(PostgresCluster cluster, PgBouncerOptions options, int port, string folder)
    {
        var server = new NpgsqlConnectionStringBuilder(cluster.ConnectionString());
        string password = string.IsNullOrEmpty(server.Password) ? "" : $" password='{server.Password}'";
        return $"""
            [databases]
            * = host={server.Host} port={server.Port} user={server.Username}{password}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir = {folder}
            auth_type = any
            pool_mode = transaction
            default_pool_size = {options.PoolSize}
            max_client_conn = {options.MaxClientConnections}
            ignore_startup_parameters = extra_float_digits,options,search_path
            admin_users = {PostgresCluster.User}
            """ + "\n";
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        Task<string> listening = _process.Output.WaitForAsync(
            line => line.Contains($"listening on 127.0.0.1:{Port}", StringComparison.Ordinal), StartTimeout, cancellationToken);
        try
        {
            await listening;
            return true;
        }
        catch (Exception error) when (error is TestKitException or TimeoutException)
        {
            return false;
        }
    }
}
