using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Tidemark.Log;

namespace Tidemark.Projections;

/// <summary>
/// The transaction of an <see cref="EventProjection"/>'s batch. It begins when a handler first asks for it, and commits with the
/// projection's checkpoint.
/// </summary>
public sealed class ProjectionTransaction
{
    private readonly ApplierContext _context;
    private IStoreTransaction? _transaction;

    internal ProjectionTransaction(ApplierContext context)
    {
        _context = context;
        _transaction = context.Lent;
    }

    internal IStoreTransaction? Open => _transaction;

    /// <summary>
    /// The ADO.NET transaction; its <c>Connection</c> is the one to use. Do not commit it, and keep it open no longer than the handler
    /// needs.
    /// </summary>
    public async ValueTask<DbTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        _transaction ??= await _context.ReadModels.BeginBoundAsync(_context.Log, cancellationToken).ConfigureAwait(false);
        return _transaction.Transaction ?? throw new NotSupportedException("This store has no SQL; event projections need SQLite or " +
            "PostgreSQL.");
    }

    /// <summary>The quoted name of the table to write to, for SQL: that of the generation being built.</summary>
    /// <param name="name">The name under which the projection declared it.</param>
    public string Table(string name) => _context.ReadModels.TableName(Identifier.Check(name, "table"), _context.Generation);

    /// <summary>Executes one statement.</summary>
    /// <param name="sql">The SQL, with parameters as <c>@name</c>.</param>
    /// <param name="parameters">The parameters' values.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many rows it touched.</returns>
    [SuppressMessage("Security", "CA2100", Justification = "The statement is the application's own; its values are parameters.")]
    public async ValueTask<int> ExecuteAsync(
        string sql, IReadOnlyCollection<(string Name, object? Value)> parameters, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var transaction = await BeginAsync(cancellationToken).ConfigureAwait(false);
        var command = transaction.Connection!.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.Transaction = transaction;
            command.CommandText = sql;
            foreach (var (name, value) in parameters)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = name;
                parameter.Value = value ?? DBNull.Value;
                command.Parameters.Add(parameter);
            }

            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    internal async ValueTask CloseAsync()
    {
        if (_transaction is not null && _context.Lent is null)
            await _transaction.DisposeAsync().ConfigureAwait(false);
        _transaction = _context.Lent;
    }
}
