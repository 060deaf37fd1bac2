-- Purpose: what the store knows of a stream.
-- Locks: none.
-- Index: streams_pkey.
select version, archived
from {schema}.streams
where tenant = $1 and name = $2
