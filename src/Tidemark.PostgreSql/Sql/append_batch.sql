-- Purpose: appends to one or many streams; see the function.
-- Locks: the streams' rows in name order, then the bound.
-- Index: streams_pkey.
select statuses, versions, firsts, lasts, positions
from {schema}.append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
