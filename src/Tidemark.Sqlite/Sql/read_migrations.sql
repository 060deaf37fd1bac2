-- Purpose: the applied migrations.
-- Locks: none; applying holds the write lock already.
-- Index: primary key of tidemark_migrations, all of it.
SELECT number, name, checksum FROM tidemark_migrations ORDER BY number
