-- Purpose: messages that projections raised and that are not published yet.
-- Locks: none but those of CREATE.
-- Index: outbox_pkey by id, so that a message that is raised again is passed over; outbox_projection_key in the order of publishing.

create table {schema}.outbox (
    id uuid not null,
    projection text collate "C" not null,
    slot smallint not null,
    position bigint not null,
    ordinal integer not null,
    event_id uuid not null,
    tenant text collate "C" not null,
    name text collate "C" not null,
    data json not null,
    recorded_at timestamptz not null default clock_timestamp(),
    constraint outbox_pkey primary key (id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create unique index outbox_projection_key on {schema}.outbox (projection, position, ordinal, id);
