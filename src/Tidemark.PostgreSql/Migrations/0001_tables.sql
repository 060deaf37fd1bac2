-- Purpose: the tables of one store: the log, its streams, checkpoints, dead letters, generations of read models.
-- Locks: none but those of CREATE.
-- Index: events by position, by (stream_id, version), by event_id; streams by (tenant, name). Names compare by their bytes (collation "C").

-- CACHE 1: a cached block would hand out numbers below a bound that another session has published.
create sequence {schema}.positions as bigint cache 1;

-- A fresh sequence shows last_value 1 and then draws 1. Burn one number, so that the next one drawn is always above the last one seen.
select nextval('{schema}.positions');

-- A call that makes streams takes one block; a stream's id is the block plus the number of its request in the call.
create sequence {schema}.stream_blocks as bigint increment by 65536 minvalue 0 start with 65536 cache 1;

create table {schema}.events (
    position bigint not null,
    stream_id bigint not null,
    version bigint not null,
    event_id uuid not null,
    recorded_at timestamptz not null default clock_timestamp(),
    slot smallint not null,
    archived boolean not null default false,
    type text collate "C" not null,
    tenant text collate "C" not null,
    stream text collate "C" not null,
    data json not null,
    metadata json,
    constraint events_pkey primary key (position),
    constraint events_stream_version_key unique (stream_id, version),
    constraint events_event_id_key unique (event_id)
) with (autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.02);

-- A row exists only for a stream that has events.
create table {schema}.streams (
    tenant text collate "C" not null,
    name text collate "C" not null,
    stream_id bigint not null,
    version bigint not null,
    slot smallint not null,
    archived boolean not null default false,
    constraint streams_pkey primary key (tenant, name)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create table {schema}.checkpoints (
    shard text collate "C" not null,
    projection text collate "C" not null,
    generation integer not null,
    epoch bigint not null,
    position bigint not null,
    anchor uuid,
    anchor_position bigint not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint checkpoints_pkey primary key (shard)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

create table {schema}.dead_letters (
    position bigint not null,
    shard text collate "C" not null,
    projection text collate "C" not null,
    event_id uuid not null,
    type text collate "C" not null,
    tenant text collate "C" not null,
    stream text collate "C" not null,
    version bigint not null,
    category smallint not null,
    exception_type text not null,
    error text not null,
    attempts integer not null,
    recorded_at timestamptz not null default clock_timestamp(),
    constraint dead_letters_pkey primary key (position, shard)
);

create table {schema}.generations (
    projection text collate "C" not null,
    generation integer not null,
    version integer not null,
    state smallint not null,
    constraint generations_pkey primary key (projection, generation)
);

-- At most one live generation: readers see one model.
create unique index generations_live_key on {schema}.generations (projection) where state = 1;

create table {schema}.store (
    id uuid not null,
    epoch bigint not null
);

insert into {schema}.store (id, epoch) values (gen_random_uuid(), 1);

-- Payloads above the TOAST threshold pack faster by lz4. A server built without it keeps its default.
do $do$
begin
    execute 'alter table {schema}.events alter column data set compression lz4, alter column metadata set compression lz4';
exception
    when feature_not_supported or syntax_error then null;
end
$do$;
