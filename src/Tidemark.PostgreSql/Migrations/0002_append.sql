-- Purpose: appending. One function for one event, one for many events of many streams, and what both need.
-- Locks: rows of streams, in (tenant, name) order; then the bound (a shared transaction-scoped advisory lock); then the sequence.
-- Index: streams_pkey, events_pkey, events_stream_version_key, events_event_id_key.
-- Where a function sets planner settings, they bind its plans to these indexes and to the order of the requests, also a plan that was made
-- (and cached by the session) while the tables were empty.

-- Why a mark is exact: before it draws its first number, a transaction publishes the sequence's last value as a lower bound of what it may
-- draw. The bound lies in the key of a shared advisory lock that ends with the transaction, so nobody waits for it, and nothing remains of
-- a killed session. It comes after the row locks: who waits for a stream holds nobody back.
-- One bound is enough for a transaction of the application that appends often, and must be: each new key would take a place in the server's
-- lock table. That it is held is remembered in a setting local to the transaction, under its id: like the lock, that ends with the
-- transaction and goes back with a savepoint.
create function {schema}.publish_bound(p_in_transaction boolean) returns void
language plpgsql as $function$
declare
    v_holder text;
    ignored text;
begin
    if p_in_transaction then
        v_holder := '{schema}.positions'::regclass::oid || ':' || pg_current_xact_id();
        if current_setting('tidemark.bound', true) = v_holder then
            return;
        end if;
    end if;

    ignored := pg_advisory_xact_lock_shared(
        '{schema}.positions'::regclass::oid::integer,
        pg_sequence_last_value('{schema}.positions'::regclass)::bit(32)::integer);
    if p_in_transaction then
        ignored := set_config('tidemark.bound', v_holder, true);
    end if;
end
$function$;

-- Readers act on events; a crash must not take those away. Only strengthens what the session has chosen.
create function {schema}.require_durable_commit() returns void
language plpgsql as $function$
declare
    ignored text;
begin
    if current_setting('synchronous_commit') in ('off', 'local', 'remote_write') then
        ignored := set_config('synchronous_commit', 'on', true);
    end if;
end
$function$;

-- Takes an update of a stream's row back, within the transaction that made it.
create function {schema}.undo_append(p_tenant text, p_stream text, p_count integer) returns void
language plpgsql as $function$
begin
    update {schema}.streams s set version = s.version - p_count where s.tenant = p_tenant and s.name = p_stream;
    delete from {schema}.streams s where s.tenant = p_tenant and s.name = p_stream and s.version = 0;
end
$function$;

-- Why an append did not happen. Status: 1 conflict, 2 already appended, 3 archived, 4 id conflict. Called after the lock on the stream's
-- row was waited for, in a new snapshot, so that it sees a first try of the same append that was still open when this one began.
create function {schema}.explain_refusal(
    p_tenant text, p_stream text, p_ids uuid[],
    out status smallint, out version bigint, out first_position bigint, out last_position bigint)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set random_page_cost = 0.1
as $function$
declare
    v_stream_id bigint;
    v_archived boolean;
    v_found bigint;
    v_same boolean;
    v_last_version bigint;
begin
    select s.stream_id, s.version, s.archived into v_stream_id, version, v_archived
    from {schema}.streams s where s.tenant = p_tenant and s.name = p_stream;
    version := coalesce(version, 0);

    select count(*), bool_and(e.stream_id = v_stream_id) and min(e.version - i.number) = max(e.version - i.number),
        max(e.version), min(e.position), max(e.position)
    into v_found, v_same, v_last_version, first_position, last_position
    from unnest(p_ids) with ordinality i (id, number)
    join {schema}.events e on e.event_id = i.id;

    if v_found = cardinality(p_ids) and v_same then
        status := 2;
        version := v_last_version;
        return;
    end if;

    first_position := 0;
    last_position := 0;
    status := case when v_found > 0 then 4 when v_archived then 3 else 1 end;
end
$function$;

-- Appends one event to one stream, the path of a lone caller. Expected: an exact version, 0 no stream, -1 any, -2 exists. Status 0 is
-- "appended"; for the others see explain_refusal. With p_in_transaction the call is one of several in a transaction of the application:
-- then the id is looked up for every expectation, so that one that is taken is an answer and no unique violation, of which the transaction
-- would die.
create function {schema}.append_event(
    p_tenant text, p_stream text, p_slot smallint, p_expected bigint,
    p_id uuid, p_type text, p_data json, p_metadata json, p_in_transaction boolean,
    out status smallint, out version bigint, out first_position bigint, out last_position bigint)
language plpgsql as $function$
declare
    v_stream_id bigint;
    ignored boolean;
begin
    ignored := {schema}.require_durable_commit() is null;

    if p_expected > 0 then
        update {schema}.streams s set version = s.version + 1
        where s.tenant = p_tenant and s.name = p_stream and s.version = p_expected and not s.archived
        returning s.stream_id, s.version into v_stream_id, version;
    else
        if p_expected < 0 then
            update {schema}.streams s set version = s.version + 1
            where s.tenant = p_tenant and s.name = p_stream and not s.archived
            returning s.stream_id, s.version into v_stream_id, version;
        end if;

        if v_stream_id is null and p_expected > -2 then
            insert into {schema}.streams as s (tenant, name, stream_id, version, slot)
            values (p_tenant, p_stream, nextval('{schema}.stream_blocks'), 1, p_slot)
            on conflict do nothing
            returning s.stream_id, s.version into v_stream_id, version;

            -- Somebody made the stream between the two statements.
            if v_stream_id is null and p_expected = -1 then
                update {schema}.streams s set version = s.version + 1
                where s.tenant = p_tenant and s.name = p_stream and not s.archived
                returning s.stream_id, s.version into v_stream_id, version;
            end if;
        end if;
    end if;

    if v_stream_id is not null and (p_in_transaction or p_expected < 0)
        and exists (select from {schema}.events e where e.event_id = p_id) then
        ignored := {schema}.undo_append(p_tenant, p_stream, 1) is null;
        v_stream_id := null;
    end if;

    if v_stream_id is null then
        select r.status, r.version, r.first_position, r.last_position into status, version, first_position, last_position
        from {schema}.explain_refusal(p_tenant, p_stream, array[p_id]) r;
        return;
    end if;

    status := 0;
    ignored := {schema}.publish_bound(p_in_transaction) is null;
    insert into {schema}.events as e (position, stream_id, version, event_id, slot, type, tenant, stream, data, metadata)
    values (nextval('{schema}.positions'), v_stream_id, version, p_id, p_slot, p_type, p_tenant, p_stream, p_data, p_metadata)
    returning e.position into first_position;
    last_position := first_position;
end
$function$;

-- Appends to many streams in one statement; each request is decided by itself, or with p_all all or none are stored. At most one request
-- per stream.
-- Requests are numbered from 1 in the order given; each event names its request and its number inside it. Out: per request its status and
-- version (see AppendOutcome); for "already appended" also the positions; then the positions of the stored events, in the order of their
-- requests. Events of one request are numbered in the order given: position order = version order.
create function {schema}.append_batch(
    p_tenants text[], p_streams text[], p_slots smallint[], p_expected bigint[], p_counts integer[],
    e_requests integer[], e_numbers integer[], e_ids uuid[], e_types text[], e_data json[], e_metadata json[],
    p_all boolean, p_in_transaction boolean,
    out statuses smallint[], out versions bigint[], out firsts bigint[], out lasts bigint[], out positions bigint[])
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
set random_page_cost = 0.1
as $function$
declare
    v_count integer := cardinality(p_streams);
    v_block bigint := 0;
    v_ids bigint[] := array_fill(0::bigint, array[cardinality(p_streams)]);
    v_undo integer[];
    r_number integer;
    v_refused boolean := false;
    r record;
    ignored boolean;
begin
    if v_count > 65535 then
        raise exception 'One call appends to at most 65535 streams (%).', v_count;
    end if;

    ignored := {schema}.require_durable_commit() is null;
    statuses := array_fill(0::smallint, array[v_count]);
    versions := v_ids;

    -- 1. New streams, in name order. A concurrent append that makes the same stream is waited for here, and nowhere else.
    if 0 = any (p_expected) or -1 = any (p_expected) then
        v_block := nextval('{schema}.stream_blocks');
        for r in
            insert into {schema}.streams as s (tenant, name, stream_id, version, slot)
            select n.tenant, n.name, v_block + n.number, p_counts[n.number], n.slot
            from (
                select i.* from unnest(p_tenants, p_streams, p_slots, p_expected) with ordinality i (tenant, name, slot, expected, number)
                where i.expected in (0, -1)
                    and not exists (select from {schema}.streams s where s.tenant = i.tenant and s.name = i.name)
                order by i.tenant collate "C", i.name collate "C"
            ) n
            on conflict do nothing
            returning s.stream_id, s.version
        loop
            v_ids[r.stream_id - v_block] := r.stream_id;
            versions[r.stream_id - v_block] := r.version;
        end loop;
    end if;

    -- 2. Existing streams, in name order: the update waits for the row's lock, and then compares with the row's newest version.
    if -1 = any (p_expected) or -2 = any (p_expected) or 0 < any (p_expected) then
        for r in
            update {schema}.streams s set version = s.version + p_counts[n.number]
            from (
                select i.* from unnest(p_tenants, p_streams, p_expected) with ordinality i (tenant, name, expected, number)
                where i.expected <> 0
                order by i.tenant collate "C", i.name collate "C"
            ) n
            where s.tenant = n.tenant and s.name = n.name and not s.archived and (n.expected < 0 or s.version = n.expected)
                and s.stream_id not between v_block + 1 and v_block + v_count
            returning n.number, s.stream_id, s.version
        loop
            v_ids[r.number] := r.stream_id;
            versions[r.number] := r.version;
        end loop;
    end if;

    -- 3. Without an exact expectation only the ids tell a repeated append from a new one. In a new snapshot, under the locks.
    if p_in_transaction or -1 = any (p_expected) or -2 = any (p_expected) then
        select array_agg(distinct i.request) into v_undo
        from unnest(e_requests, e_ids) i (request, id)
        where (p_in_transaction or p_expected[i.request] < 0) and v_ids[i.request] <> 0
            and exists (select from {schema}.events e where e.event_id = i.id);
        foreach r_number in array coalesce(v_undo, '{}') loop
            ignored := {schema}.undo_append(p_tenants[r_number], p_streams[r_number], p_counts[r_number]) is null;
            v_ids[r_number] := 0;
        end loop;
    end if;

    -- 4. Say why, for those that were refused.
    if 0 = any (v_ids) then
        firsts := array_fill(0::bigint, array[v_count]);
        lasts := firsts;
        for r in
            select n.number, x.*
            from unnest(v_ids) with ordinality n (id, number)
            cross join lateral {schema}.explain_refusal(p_tenants[n.number], p_streams[n.number],
                array(select i.id from unnest(e_requests, e_ids) with ordinality i (request, id, place)
                      where i.request = n.number order by i.place)) x
            where n.id = 0
        loop
            statuses[r.number] := r.status;
            versions[r.number] := r.version;
            firsts[r.number] := r.first_position;
            lasts[r.number] := r.last_position;
            v_refused := v_refused or r.status <> 2;
        end loop;

        if p_all and v_refused then
            for i in 1..v_count loop
                if v_ids[i] <> 0 then
                    ignored := {schema}.undo_append(p_tenants[i], p_streams[i], p_counts[i]) is null;
                    statuses[i] := 1;
                    versions[i] := versions[i] - p_counts[i];
                end if;
            end loop;
            return;
        end if;

        if 0 = all (v_ids) then
            return;
        end if;
    end if;

    -- 5. Numbers are drawn for accepted events only, after the bound is published, in the order of the events.
    ignored := {schema}.publish_bound(p_in_transaction) is null;
    with stored as (
        insert into {schema}.events as e (position, stream_id, version, event_id, slot, type, tenant, stream, data, metadata)
        select nextval('{schema}.positions'), v_ids[n.request], versions[n.request] - p_counts[n.request] + n.number, n.id,
            p_slots[n.request], n.type, p_tenants[n.request], p_streams[n.request], n.data, n.metadata
        from (
            select i.* from unnest(e_requests, e_numbers, e_ids, e_types, e_data, e_metadata) i (request, number, id, type, data, metadata)
            where v_ids[i.request] <> 0
            order by i.request, i.number
        ) n
        returning e.position
    )
    select array_agg(s.position order by s.position) into positions from stored s;
end
$function$;
