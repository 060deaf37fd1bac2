-- Purpose: parked streams in the order of their dead letters, with the length of their queues; of one projection (?1) or of all (NULL). A
-- page never ends inside a position, so that the next one can begin after it.
-- Locks: none.
-- Index: tidemark_parked_streams_by_position; primary key of tidemark_parked_events for each row.
SELECT p.projection, p.generation, p.tenant, p.stream, p.position, p.parked_at,
    (
        SELECT count(*)
        FROM tidemark_parked_events e
        WHERE e.projection = p.projection AND e.generation = p.generation AND e.tenant = p.tenant AND e.stream = p.stream
    )
FROM tidemark_parked_streams p
WHERE p.position > ?2 AND (?1 IS NULL OR p.projection = ?1)
    AND p.position <= (
        SELECT max(l.position)
        FROM (
            SELECT s.position
            FROM tidemark_parked_streams s
            WHERE s.position > ?2 AND (?1 IS NULL OR s.projection = ?1)
            ORDER BY s.position
            LIMIT ?3
        ) l
    )
ORDER BY p.position, p.projection, p.generation
