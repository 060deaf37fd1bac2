-- Purpose: the problem of a shard that the node owns, or that it has ended.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_leases.
UPDATE tidemark_leases
SET problem_category = ?3, problem_message = ?4, problem_next_try = ?5, change = ?6
WHERE shard = ?1 AND owner = ?2
    AND (problem_category IS NOT ?3 OR problem_message IS NOT ?4 OR problem_next_try IS NOT ?5)
