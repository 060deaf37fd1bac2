-- Purpose: the exact high-water mark; see the function.
-- Locks: none.
-- Index: none.
select mark, last
from {schema}.high_water($1)
