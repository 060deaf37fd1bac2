-- Purpose: commits; on disk when it returns, with synchronous FULL.
-- Locks: releases all.
-- Index: none.
COMMIT
