-- Purpose: writes a document, new or not. {table} is a generation's table, quoted.
-- Locks: runs under the write lock.
-- Index: primary key of the table.
INSERT INTO {table} (tenant, key, data, version, position) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (tenant, key) DO UPDATE SET data = excluded.data, version = excluded.version, position = excluded.position
