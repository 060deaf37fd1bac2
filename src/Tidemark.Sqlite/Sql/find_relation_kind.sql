-- Purpose: what kind of thing has a name in this database: table, view, index, trigger.
-- Locks: none; changes of the schema hold the write lock already.
-- Index: none; the schema is small.
SELECT type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE
