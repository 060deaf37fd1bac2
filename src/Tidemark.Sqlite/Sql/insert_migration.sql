-- Purpose: records an applied migration.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_migrations.
INSERT INTO tidemark_migrations (number, name, checksum, applied_at)
VALUES ({number}, '{name}', '{checksum}', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
