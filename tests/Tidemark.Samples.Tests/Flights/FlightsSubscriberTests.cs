using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Flights.Import;
using Flights.Subscriber;
using Microsoft.Data.Sqlite;
using Tidemark.TestKit;
using Tidemark.TestKit.Processes;

namespace Tidemark.Samples.Tests.Flights;

public sealed class FlightsSubscriberTests : IDisposable
{
    private const int Flights = 20_000;
    private const int Kills = 5;
    private const int StepMin = 500;

    private readonly TemporaryFolder _folder = new();
    private readonly string _port = LoopbackPort.Pick().ToString(CultureInfo.InvariantCulture);

    private string Events => _folder.File("flights.db");

    private string Own => _folder.File("subscriber.db");

    [Fact]
    public async Task Subscriber_has_each_late_arrival_once_though_it_and_the_server_are_killed()
    {
        var server = await ServeAsync();
        try
        {
            for (var kill = 0; kill < Kills; kill++)
            {
                await using var subscriber = await Sample.StartAsync("Flights", SubscriberArguments);
                await FollowedAsync(subscriber, StepMin);
                if (kill == Kills / 2)
                {
                    await server.Kill9();
                    await server.DisposeAsync();
                    server = await ServeAsync();
                    await FollowedAsync(subscriber, StepMin);
                }

                await subscriber.Kill9();
            }

            var (exitCode, output) = await Sample.RunAsync("Flights", SubscriberArguments);
            exitCode.ShouldBe(0, output);
            output.ShouldContain("Goes on after");
            output.ShouldContain(ProofOf(starts: Kills + 1));
            await server.Output.WaitForAsync("Serves late arrivals until Ctrl+C", Eventually.Patience);
            server.Terminate();
            (await server.WaitForExitAsync(Eventually.Patience)).ShouldBe(0, server.Output.Tail());
        }
        finally
        {
            await server.DisposeAsync();
        }

        StoredShouldAgree();
        (await Sample.RunAsync("Flights", SubscriberArguments)).Output.ShouldContain(ProofOf(starts: Kills + 3));
        var (_, plain) = await Sample.RunAsync("Flights", "--file", Events, "--flights", $"{Flights}");
        plain.ShouldContain("All 6 projections were up to date.");
    }

    [Fact]
    public void Proof_fails_when_an_arrival_is_missing_doubled_or_not_in_the_file()
    {
        var (file, airports) = (FlightData.ReadFlights(), FlightData.ReadAirports());
        Arrival[] late = [.. file.Take(100).Where(f => f.DelayMinutes >= 15).Select(f => Of(f))];
        Arrival later = Of(file.Skip(100).First(f => f.DelayMinutes >= 15));
        late.Length.ShouldBeGreaterThan(2);

        Prove(late).Holds.ShouldBeTrue();
        Prove([.. late, later]).Holds.ShouldBeTrue("it was imported before an interruption");
        Prove(late[1..]).ShouldSatisfyAllConditions(p => p.Holds.ShouldBeFalse(), p => p.Missing.ShouldBe(1));
        Prove([.. late, late[0]]).ShouldSatisfyAllConditions(p => p.Holds.ShouldBeFalse(), p => p.Twice.ShouldBe(1));
        Prove([.. late, late[0] with { DelayMinutes = 14 }]).ShouldSatisfyAllConditions(
            p => p.Holds.ShouldBeFalse(), p => p.Unknown.ShouldBe(1));

        Arrival Of(Flight f) => new(f.Stream, airports[f.Origin].State, f.Origin, f.Destination, f.DelayMinutes);

        Proof Prove(IReadOnlyList<Arrival> stored) => Proof.Of(stored, file, 100, airports);
    }

    [Fact]
    public async Task Port_that_somebody_else_has_is_named_and_the_option_too()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var (exitCode, output) = await Sample.RunAsync("Flights", "--serve", "--file", Events, "--port", $"{port}", "--flights", "10");
        exitCode.ShouldBe(1);
        output.ShouldContain($"Port {port} of this machine is taken by another program. Choose another one with --port <n>");
        output.ShouldNotContain("--file <path>");
    }

    [Fact]
    public async Task Subscriber_leaves_a_file_alone_that_is_not_its_own()
    {
        await File.WriteAllTextAsync(Own, "Dear reader, this is no database.", TestContext.Current.CancellationToken);
        foreach (var reset in new string[][] { [], ["--reset"] })
        {
            var (exitCode, output) = await Sample.RunAsync("Flights", ["--subscriber", "--file", Own, .. reset]);
            exitCode.ShouldBe(1);
            output.ShouldContain("was not made by this sample's subscriber");
        }

        (await File.ReadAllTextAsync(Own, TestContext.Current.CancellationToken)).ShouldStartWith("Dear reader");
    }

    [Theory]
    [InlineData("it must be a number from 1024 to 65535", "--serve", "--port", "80")]
    [InlineData("--port is for --serve and --subscriber", "--port", "5290")]
    [InlineData("exclude each other", "--serve", "--subscriber")]
    [InlineData("exclude each other", "--serve", "--nodes", "3")]
    [InlineData("goes without --postgres", "--subscriber", "--postgres", "Host=localhost")]
    public async Task Options_that_do_not_go_together_are_refused(string message, params string[] arguments)
    {
        var (exitCode, output) = await Sample.RunAsync("Flights", arguments);
        exitCode.ShouldBe(1);
        output.ShouldContain(message);
    }

    public void Dispose() => _folder.Dispose();

    private string[] SubscriberArguments => ["--subscriber", "--file", Own, "--port", _port, "--flights", $"{Flights}"];

    private static string ProofOf(int starts) =>
        $"Exactly once: each of the {LateFlights():N0} late arrivals of {Flights:N0} flights, in {starts} starts.";

    private static int LateFlights() => new Week(Flights).Airports().Sum(a => a.LateArrivals);

    private async Task<ChildProcess> ServeAsync()
    {
        var server = await Sample.StartAsync("Flights", "--serve", "--file", Events, "--port", _port, "--flights", $"{Flights}");
        await server.Output.WaitForAsync($"Serves late arrivals at ws://127.0.0.1:{_port}/", Eventually.Patience);
        await server.Output.WaitForAsync($"--subscriber --port {_port} --flights {Flights}", Eventually.Patience);
        return server;
    }

    // Waits until the subscriber has stored some more arrivals.
    private async Task FollowedAsync(ChildProcess subscriber, int more)
    {
        var enough = Arrivals() + more;
        await Eventually.TrueAsync(() => Arrivals() >= enough, () => $"{Arrivals()} of {enough}: {subscriber.Output.Tail()}");
        subscriber.HasExited.ShouldBeFalse(subscriber.Output.Tail());
    }

    private long Arrivals()
    {
        try
        {
            using var connection = new SqliteConnection($"Data Source={Own};Mode=ReadWrite;Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "select arrivals from standing";
            return (long?)command.ExecuteScalar() ?? 0;
        }
        catch (SqliteException)
        {
            return 0; // Not made yet.
        }
    }

    // What is stored, against a count that has no code in common with the sample's.
    private void StoredShouldAgree()
    {
        using var ledger = ArrivalLedger.Open(Own);
        var stored = ledger.ReadArrivals();
        stored.Count.ShouldBe(LateFlights());
        var late = new Week(Flights).Statuses().Where(s => s.Value.DelayMinutes >= 15);
        stored.Select(a => $"{a.State} {a.Flight}").Order(StringComparer.Ordinal)
            .ShouldBe(late.Select(s => $"{s.Key.State} {s.Key.Stream}").Order(StringComparer.Ordinal));
    }
}
