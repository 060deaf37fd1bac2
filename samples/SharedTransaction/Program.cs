using SharedTransaction.WithDapper;
using SharedTransaction.WithEntityFramework;

switch (args)
{
    case ["--postgres", var connectionString]:
        await EntityFrameworkDemo.RunAsync(connectionString);
        return 0;
    case [] or ["--file", _]:
        await DapperDemo.RunAsync(args is [_, var file] ? file : "payments.db");
        return 0;
    default:
        await Console.Error.WriteLineAsync("Usage: SharedTransaction [--file <path>]               Dapper on SQLite");
        await Console.Error.WriteLineAsync("       SharedTransaction --postgres <connection string>  EF Core on PostgreSQL");
        return 1;
}
