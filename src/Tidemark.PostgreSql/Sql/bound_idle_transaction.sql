-- Purpose: has the server end this transaction's session, and with it its locks, when its client says nothing for so long between two
-- statements; for clients that are frozen inside. Only shortens what the session has chosen.
-- Locks: none.
-- Index: none.
select set_config('idle_in_transaction_session_timeout', $1, true)
where current_setting('idle_in_transaction_session_timeout')::interval = interval '0'
    or current_setting('idle_in_transaction_session_timeout')::interval > $1::interval
