-- Purpose: the table of migrations, the first thing a store gets. The caller holds the store's lock.
-- Locks: those of CREATE.
-- Index: migrations_pkey.
create table if not exists {schema}.migrations (
    number integer not null,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default clock_timestamp(),
    constraint migrations_pkey primary key (number)
)
