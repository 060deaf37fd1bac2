-- Purpose: streams that wait behind a dead letter, and their queues; dead letters with their state and generation.
-- Locks: the table of dead letters, which is small.
-- Index: dead_letters and parked_streams by (projection, generation), parked_events by stream.

alter table {schema}.dead_letters
    add column generation integer not null default 1,
    add column state smallint not null default 0,
    add column first_failed_at timestamptz not null default clock_timestamp();

-- A shard is named 'projection:g2:0-1023@database'; a projection's name holds no colon.
update {schema}.dead_letters d
set generation = substr(split_part(d.shard, ':', 2), 2)::integer, first_failed_at = d.recorded_at;

-- An event has one record in a generation, whichever shard wrote it: shards are split and merged.
alter table {schema}.dead_letters
    drop constraint dead_letters_pkey,
    add constraint dead_letters_pkey primary key (position, projection, generation);

-- position is that of the dead letter behind which the stream waits.
create table {schema}.parked_streams (
    projection text collate "C" not null,
    generation integer not null,
    tenant text collate "C" not null,
    stream text collate "C" not null,
    slot smallint not null,
    position bigint not null,
    parked_at timestamptz not null default clock_timestamp(),
    constraint parked_streams_pkey primary key (projection, generation, tenant, stream)
);

-- For listing in the order of the dead letters.
create index parked_streams_position_key on {schema}.parked_streams (position);

-- What waits; the events' data stays in the log.
create table {schema}.parked_events (
    projection text collate "C" not null,
    generation integer not null,
    tenant text collate "C" not null,
    stream text collate "C" not null,
    position bigint not null,
    version bigint not null,
    event_id uuid not null,
    type text collate "C" not null,
    constraint parked_events_pkey primary key (projection, generation, tenant, stream, position)
);
