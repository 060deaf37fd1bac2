-- Purpose: a node's heartbeat; its state is only raised.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_nodes.
INSERT INTO tidemark_nodes
    (id, name, host, process_id, process_started_at, state, weight, shards_max, capabilities, started_at, expires_at, given)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, host = excluded.host, process_id = excluded.process_id, process_started_at = excluded.process_started_at,
    state = MAX(state, excluded.state), weight = excluded.weight, shards_max = excluded.shards_max, capabilities = excluded.capabilities,
    expires_at = excluded.expires_at, given = excluded.given
