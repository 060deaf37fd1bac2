using System.Data.Common;
using System.Globalization;
using Flights.Projections;
using Flights.Stores;
using Tidemark.Events;
using Tidemark.Projections;

namespace Flights.Report;

/// <summary>Reads the read models: documents through the store, tables with SQL over the views that bear the projections' names.</summary>
internal sealed class WeekReader(FlightsStore store)
{
    /// <summary>Reads every figure.</summary>
    public async Task<WeekFigures> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await store.ConnectAsync(cancellationToken);
        return new WeekFigures(
            await QueryAsync(connection, $"select * from {View("daily_punctuality")} order by day", ToDay, cancellationToken),
            await QueryAsync(connection, $"select * from {View("hourly_delays")} order by hour", ToHour, cancellationToken),
            await QueryAsync(
                connection,
                $"select tenant, count(*) as flights from {View("flight_statuses")} group by tenant order by 2 desc, 1",
                ToState,
                cancellationToken),
            await QueryAsync(
                connection, $"select * from {View("long_delays")} order by delay_minutes desc, flight", ToLongDelay, cancellationToken),
            await AllAsync<AirportBoard>(cancellationToken),
            await AllAsync<RouteRecord>(cancellationToken));
    }

    /// <summary>Tells one flight's story from its stream: as it was after the first event, and as it is.</summary>
    public async Task<Story> TellAsync(string state, string flight, CancellationToken cancellationToken)
    {
        var tenant = store.Events.ForTenant(state);
        var first = AggregateUntil.AtVersion(new StreamVersion(1));
        var told = await tenant.AggregateAsync<FlightStory>(flight, cancellationToken: cancellationToken);
        var before = await tenant.AggregateAsync<FlightStatus>(flight, first, cancellationToken);
        var now = await tenant.AggregateAsync<FlightStatus>(flight, cancellationToken: cancellationToken);
        return new Story(flight, state, told.Document!, before.Document!, now.Document!);
    }

    private string View(string name) => store.Events.ViewName(name);

    private async Task<IReadOnlyList<TDocument>> AllAsync<TDocument>(CancellationToken cancellationToken)
        where TDocument : class
    {
        var documents = new List<TDocument>();
        await foreach (var (_, document) in store.Events.Documents<TDocument>().AllAsync(cancellationToken))
            documents.Add(document);
        return documents;
    }

    private static async Task<IReadOnlyList<T>> QueryAsync<T>(
        DbConnection connection, string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(read(reader));
        return rows;
    }

    private static DayFigures ToDay(DbDataReader row) => new(
        DateOnly.ParseExact(Text(row, "day"), "yyyy-MM-dd", CultureInfo.InvariantCulture),
        Number(row, "scheduled"), Number(row, "miles"), Number(row, "arrived"), Number(row, "on_time"), Number(row, "delay_minutes"));

    private static HourFigures ToHour(DbDataReader row) => new(
        int.Parse(Text(row, "hour"), CultureInfo.InvariantCulture),
        Number(row, "flights"),
        Number(row, "delay_minutes"),
        HourlyDelays.Classes.ToDictionary(name => name, name => Number(row, name), StringComparer.Ordinal));

    private static StateFigures ToState(DbDataReader row) => new(Text(row, "tenant"), Number(row, "flights"));

    private static LongDelay ToLongDelay(DbDataReader row) => new(
        Text(row, "flight"), Text(row, "state"), Text(row, "origin"), Text(row, "destination"), (int)Number(row, "delay_minutes"));

    private static string Text(DbDataReader row, string column) => row.GetString(row.GetOrdinal(column));

    private static long Number(DbDataReader row, string column) => Convert.ToInt64(row.GetValue(row.GetOrdinal(column)));
}
