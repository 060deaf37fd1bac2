-- Purpose: streams that wait behind a dead letter, and their queues; dead letters with their state and generation.
-- Locks: runs under the write lock, all migrations in one transaction.
-- Index: each is explained at its table.

ALTER TABLE tidemark_dead_letters ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;

ALTER TABLE tidemark_dead_letters ADD COLUMN state INTEGER NOT NULL DEFAULT 0;

ALTER TABLE tidemark_dead_letters ADD COLUMN first_failed_at INTEGER NOT NULL DEFAULT 0;

-- A shard is named 'projection:g2:0-1023@database'; a projection's name holds no colon. The cast takes the digits that the text
-- begins with.
UPDATE tidemark_dead_letters
SET generation = CAST(substr(shard, instr(shard, ':g') + 2) AS INTEGER),
    first_failed_at = recorded_at;

-- An event has one record in a generation, whichever shard wrote it: shards are split and merged.
DROP INDEX tidemark_dead_letters_by_position;

CREATE UNIQUE INDEX tidemark_dead_letters_by_position ON tidemark_dead_letters (position, projection, generation);

-- position is that of the dead letter behind which the stream waits.
CREATE TABLE tidemark_parked_streams (
    projection TEXT NOT NULL,
    generation INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    slot INTEGER NOT NULL,
    position INTEGER NOT NULL,
    parked_at INTEGER NOT NULL,
    PRIMARY KEY (projection, generation, tenant, stream)
) STRICT, WITHOUT ROWID;

-- For listing in the order of the dead letters.
CREATE INDEX tidemark_parked_streams_by_position ON tidemark_parked_streams (position);

-- What waits; the events' data stays in the log.
CREATE TABLE tidemark_parked_events (
    projection TEXT NOT NULL,
    generation INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    position INTEGER NOT NULL,
    version INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    type TEXT NOT NULL,
    PRIMARY KEY (projection, generation, tenant, stream, position)
) STRICT, WITHOUT ROWID;
