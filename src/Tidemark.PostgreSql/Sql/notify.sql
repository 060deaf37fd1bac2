-- Purpose: a hint to the other processes that something was appended, or that leases changed; never inside an append.
-- Locks: the server's notification lock, at commit.
-- Index: none.
select pg_notify($1, $2)
