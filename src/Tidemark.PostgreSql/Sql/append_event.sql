-- Purpose: appends one event to one stream; see the function.
-- Locks: the stream's row, then the bound.
-- Index: streams_pkey.
select status, version, first_position, last_position
from {schema}.append_event($1, $2, $3, $4, $5, $6, $7, $8, $9)
