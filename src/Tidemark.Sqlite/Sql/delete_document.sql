-- Purpose: deletes a document. {table} is a generation's table, quoted.
-- Locks: runs under the write lock.
-- Index: primary key of the table.
DELETE FROM {table} WHERE tenant = ?1 AND key = ?2
