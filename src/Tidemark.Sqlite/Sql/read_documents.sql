-- Purpose: a page of documents of one tenant in the order of their keys: those after ?3, or from the first when it is NULL; then ?2 is ''.
-- {table} is the stable view, quoted.
-- Locks: none.
-- Index: primary key of the table, a walk from ?2 on.
SELECT key, data, version, position FROM {table} WHERE tenant = ?1 AND key >= ?2 AND key IS NOT ?3 ORDER BY key LIMIT ?4
