-- Purpose: one document by its key. {table} is a generation's table or the stable view, quoted.
-- Locks: none.
-- Index: primary key of the table.
SELECT data, version, position FROM {table} WHERE tenant = ?1 AND key = ?2
