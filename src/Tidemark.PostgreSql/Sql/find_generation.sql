-- Purpose: a generation as it stands, and how many of its tables and of the stable views exist; so that preparing what is there takes no
-- lock.
-- Locks: none.
-- Index: generations_pkey.
select version, state,
    (select count(*) from unnest($3::text[]) n (name) where to_regclass(n.name) is not null),
    (select count(*) from unnest($4::text[]) n (name) where to_regclass(n.name) is not null)
from {schema}.generations
where projection = $1 and generation = $2
