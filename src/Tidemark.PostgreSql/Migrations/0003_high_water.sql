-- Purpose: reading the exact high-water mark.
-- Locks: none; pg_locks is only looked at.
-- Index: none.

-- The bounds that open appends have published, with their sessions (null for a prepared transaction). The key holds the low 32 bits of a
-- bound; it stands for the number with these bits that lies at most 2^32 - 2^28 below and 2^28 above the sequence's last value. (Above:
-- published after that was read. No append stays open while 4,026,531,840 numbers are drawn.)
create function {schema}.bound_holders(out bound bigint, out pid integer) returns setof record
language plpgsql volatile as $function$
declare
    v_last bigint := pg_sequence_last_value('{schema}.positions'::regclass);
begin
    return query
    select v_last - 4026531840 + ((l.objid::bigint - v_last + 4026531840) & 4294967295), l.pid
    from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.objsubid = 2
        and l.classid = '{schema}.positions'::regclass::oid
        and l.database = (select d.oid from pg_database d where d.datname = current_database());
end
$function$;

-- The mark is the highest position such that every event at or below it that will ever be committed is visible to a snapshot taken after
-- this call. The order of the two reads is the proof: the sequence first, the holders second. Take an append that drew n <= mark. Its bound
-- b < n was published before. Had the scan seen it, the mark would be at most b. Had it come after the scan, n would be above the
-- sequence's last value. So it had ended before the scan, and PostgreSQL makes a commit visible before it releases the locks. The function
-- is VOLATILE: each statement has a snapshot of its own.
-- Under REPEATABLE READ the page's snapshot would be older than the scan, and events would be skipped for ever: refused.
-- An append that read its bound long ago and published it only now may show a bound below what is known; it draws above the known mark all
-- the same.
create function {schema}.high_water(p_known bigint, out mark bigint, out last bigint)
language plpgsql volatile as $function$
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'The high-water mark is exact only in READ COMMITTED transactions (transaction_isolation: %).',
            current_setting('transaction_isolation')
            using errcode = 'invalid_transaction_state', hint = 'Read the mark outside the transaction, or begin it as READ COMMITTED.';
    end if;

    last := pg_sequence_last_value('{schema}.positions'::regclass);
    mark := last;
    if last > p_known then
        mark := greatest(p_known, least(last, (select min(h.bound) from {schema}.bound_holders() h)));
    end if;
end
$function$;
