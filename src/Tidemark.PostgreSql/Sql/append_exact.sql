-- Purpose: appends one event to a stream that is at an exact version, the path of a lone caller; no row when it is not, or is archived.
-- Locks: the stream's row, then the bound, then the sequence: the CASE holds nextval back until the lock with the bound in its key is
-- taken, and there is no row for it before the stream's row is locked. Why the order matters stands in Migrations/0002_append.sql.
-- Index: streams_pkey.
with appended as (
    update {schema}.streams s set version = s.version + 1
    where s.tenant = $1 and s.name = $2 and s.version = $4 and not s.archived
    returning s.stream_id, s.version
)
insert into {schema}.events (position, stream_id, version, event_id, slot, type, tenant, stream, data, metadata)
select
    case
        when case
                when current_setting('synchronous_commit') in ('off', 'local', 'remote_write')
                then set_config('synchronous_commit', 'on', true) is not null
                else true
            end
            and pg_advisory_xact_lock_shared(
                '{schema}.positions'::regclass::oid::integer,
                pg_sequence_last_value('{schema}.positions'::regclass)::bit(32)::integer)::text is not null
        then nextval('{schema}.positions'::regclass)
    end,
    a.stream_id, a.version, $5, $3, $6, $1, $2, $7, $8
from appended a
returning version, position
