-- Purpose: the sessions whose open appends hold the mark back, oldest bound first.
-- Locks: none.
-- Index: none.
select h.bound, h.pid, coalesce(a.application_name, ''), coalesce(a.state, 'prepared transaction'), a.xact_start,
    clock_timestamp() - a.xact_start
from {schema}.bound_holders() h
left join pg_stat_activity a on a.pid = h.pid
order by h.bound, h.pid
