-- Purpose: the tables of a store: log, streams, checkpoints, dead letters, generations of read models.
-- Locks: runs under the write lock, all migrations in one transaction.
-- Index: each is explained at its table.
--
-- Moments are whole microseconds since 1970-01-01 UTC. Event ids are 16 bytes in big-endian order, so that time-ordered ids
-- are appended at the end of their index. JSON is text, so that SQLite's own JSON functions can be used on it.

CREATE TABLE tidemark_store (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO tidemark_store (name, value) VALUES ('store_id', lower(hex(randomblob(16))));

-- stream_key is the position of the stream's first event: unique for ever, and ascending, so that new streams go to the end of the index.
CREATE TABLE tidemark_streams (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    stream_key INTEGER NOT NULL,
    version INTEGER NOT NULL,
    archived INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: a position is not drawn again even when the last events were deleted by hand.
-- Tenant, stream and archived are repeated here so that a page of the log is one walk along this table.
-- The payload stands last: a reader of the other columns does not touch overflow pages.
CREATE TABLE tidemark_events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream_key INTEGER NOT NULL,
    version INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    archived INTEGER NOT NULL DEFAULT 0,
    recorded_at INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    type TEXT NOT NULL,
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    metadata TEXT,
    data TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX tidemark_events_by_stream ON tidemark_events (stream_key, version);

CREATE UNIQUE INDEX tidemark_events_by_id ON tidemark_events (event_id);

CREATE TABLE tidemark_checkpoints (
    shard TEXT NOT NULL PRIMARY KEY,
    projection TEXT NOT NULL,
    generation INTEGER NOT NULL,
    position INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    anchor BLOB,
    anchor_position INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tidemark_dead_letters (
    position INTEGER NOT NULL,
    shard TEXT NOT NULL,
    projection TEXT NOT NULL,
    event_id BLOB NOT NULL,
    type TEXT NOT NULL,
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    category INTEGER NOT NULL,
    exception_type TEXT NOT NULL,
    error TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX tidemark_dead_letters_by_position ON tidemark_dead_letters (position, shard);

-- names is a JSON array of the stable names of the generation's tables.
CREATE TABLE tidemark_generations (
    projection TEXT NOT NULL,
    generation INTEGER NOT NULL,
    version INTEGER NOT NULL,
    state INTEGER NOT NULL,
    names TEXT NOT NULL,
    PRIMARY KEY (projection, generation)
) STRICT, WITHOUT ROWID;
