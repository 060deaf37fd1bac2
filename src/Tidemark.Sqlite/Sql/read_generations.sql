-- Purpose: every generation of every read model, with the stable names of its tables.
-- Locks: none.
-- Index: primary key of tidemark_generations, all of it.
SELECT projection, generation, version, state, names FROM tidemark_generations ORDER BY projection, generation
