using Flights.Events;
using Tidemark.Projections;

namespace Flights.Projections;

/// <summary>
/// An event projection: its handler writes what it likes, in the transaction in which the projection's checkpoint moves. Here a table of
/// the flights that arrived hours late, in SQL that SQLite and PostgreSQL both understand.
/// </summary>
internal sealed class LongDelays : EventProjection
{
    public LongDelays()
    {
        Table(
            "long_delays",
            """
            create table {table} (
                flight text not null primary key,
                state text not null,
                origin text not null,
                destination text not null,
                delay_minutes integer not null
            )
            """);
        On<FlightArrived>(async (e, transaction, cancellationToken) =>
        {
            if (e.Data.DelayMinutes < Delays.LongMinutes)
                return;
            await transaction.ExecuteAsync(
                $"""
                insert into {transaction.Table("long_delays")} (flight, state, origin, destination, delay_minutes)
                values (@flight, @state, @origin, @destination, @delay_minutes)
                """,
                [
                    ("flight", e.StreamId),
                    ("state", e.Tenant),
                    ("origin", e.Data.Origin),
                    ("destination", e.Data.Destination),
                    ("delay_minutes", e.Data.DelayMinutes),
                ],
                cancellationToken);
        });
    }
}
