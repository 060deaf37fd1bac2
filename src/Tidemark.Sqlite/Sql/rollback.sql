-- Purpose: rolls back.
-- Locks: releases all.
-- Index: none.
ROLLBACK
