-- Purpose: removes the record of an event that took effect after all, in the commit of its effects.
-- Locks: the row.
-- Index: dead_letters_pkey.
delete from {schema}.dead_letters
where position = $3 and projection = $1 and generation = $2
