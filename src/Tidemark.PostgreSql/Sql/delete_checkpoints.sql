-- Purpose: deletes the checkpoints of a retired generation, with its parked streams and their queues; its dead letters are superseded.
-- Locks: the rows.
-- Index: parked_events_pkey, parked_streams_pkey; else none, the tables are small.
with events as (
    delete from {schema}.parked_events where projection = $1 and generation = $2
), streams as (
    delete from {schema}.parked_streams where projection = $1 and generation = $2
), letters as (
    update {schema}.dead_letters set state = 3 where projection = $1 and generation = $2 and state in (0, 1)
)
delete from {schema}.checkpoints
where projection = $1 and generation = $2
