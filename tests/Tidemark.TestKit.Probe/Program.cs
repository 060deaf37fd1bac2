using Tidemark.TestKit.Postgres;
using Tidemark.TestKit.Processes;

// Usage: echo WORD... | exit CODE | beat | busy | cluster | parent
switch (args[0])
{
    case "echo":
        Console.WriteLine(string.Join(' ', args[1..]));
        return 0;
    case "exit":
        Console.Error.WriteLine("leaving");
        return int.Parse(args[1]);
    case "beat":
        for (int beat = 1; ; beat++)
        {
            Console.WriteLine($"beat {beat}");
            await Task.Delay(20);
        }

    case "busy":
        for (int i = 0; i < 4 * Environment.ProcessorCount; i++)
            new Thread(() => { while (true) { } }) { IsBackground = true }.Start();
        Console.WriteLine("busy");
        await Task.Delay(Timeout.Infinite);
        return 0;
    case "cluster":
        await using (PostgresCluster cluster = await PostgresCluster.StartNewAsync())
        {
            Console.WriteLine($"folder {Path.GetDirectoryName(cluster.DataFolder)}");
            await Task.Delay(Timeout.Infinite);
        }

        return 0;
    case "parent":
        await using (ChildProcess child = await ChildProcess.StartAsync(typeof(Program).Assembly.Location, ["beat"]))
        {
            Console.WriteLine($"child {child.ProcessId}");
            await Task.Delay(Timeout.Infinite);
        }

        return 0;
    default:
        Console.Error.WriteLine($"Unknown word '{args[0]}'.");
        return 2;
}
