-- Purpose: messages that projections raised and that are not published yet.
-- Locks: runs under the write lock, all migrations in one transaction.
-- Index: by id, so that a message that is raised again is passed over; by projection in the order of publishing.

CREATE TABLE tidemark_outbox (
    id BLOB NOT NULL PRIMARY KEY,
    projection TEXT NOT NULL,
    slot INTEGER NOT NULL,
    position INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE INDEX tidemark_outbox_by_projection ON tidemark_outbox (projection, position, ordinal, id);
