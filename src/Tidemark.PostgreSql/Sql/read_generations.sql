-- Purpose: every generation this database knows.
-- Locks: none.
-- Index: generations_pkey.
select projection, generation, version, state
from {schema}.generations
order by projection, generation
