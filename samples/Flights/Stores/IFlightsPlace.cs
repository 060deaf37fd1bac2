using System.Data.Common;
using Tidemark.Hosting;

namespace Flights.Stores;

/// <summary>Where the events are kept: all that differs between SQLite and PostgreSQL.</summary>
internal interface IFlightsPlace
{
    /// <summary>Where it is, for people; without passwords.</summary>
    string Description { get; }

    /// <summary>The options that lead here again, for the command line.</summary>
    string Arguments { get; }

    /// <summary>The options that lead another process of this program here.</summary>
    IReadOnlyList<string> WorkerArguments { get; }

    /// <summary>Chooses the store.</summary>
    void Use(TidemarkBuilder tide);

    /// <summary>Removes what an earlier run of this sample has stored here, and nothing else.</summary>
    Task ResetAsync(CancellationToken cancellationToken);

    /// <summary>A connection for SQL over the read models.</summary>
    DbConnection Connection();

    /// <summary>What the user can do when it does not work.</summary>
    string Advice { get; }
}
