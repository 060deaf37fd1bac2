namespace Tidemark.Storage.Tests.Stores;

/// <summary>SQL statements that spoil a schema.</summary>
/// <param name="ChangeChecksum">Gives the first migration another checksum.</param>
/// <param name="AddNewerMigration">Records a migration that this library does not have.</param>
/// <param name="SetSequenceBack">Lets the next append draw a position that is taken.</param>
public sealed record SchemaTampering(string ChangeChecksum, string AddNewerMigration, string SetSequenceBack);
