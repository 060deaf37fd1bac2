-- Purpose: coordination: the roster of nodes, who may run which shard, and operator commands.
-- Locks: who changes leases takes the counter's row first, then rows of leases, then rows of nodes; a heartbeat alone locks its own node's
-- row and nothing else, so no two of these can wait for each other in a circle. Nobody waits longer than for one short statement.
-- Index: nodes_pkey, leases_pkey, leases_owner_key, leases_change_key, leases_generation_key, commands_pkey, commands_open_key.
-- The functions' planner settings bind their plans to these indexes, also plans that were made while the tables were empty; rows that are
-- named are found by "= any" first, and joined to what is said of them by a hash, so that thousands cost no more than each of them alone.
-- ("is not distinct from" keeps the index on owners out of this: all rows of an owner would be compared with all names.)

-- One row, updated at each heartbeat. Given: the change that its last answer named; a node that knows a later one learned it from a
-- database that this one, restored from a backup, has forgotten.
create table {schema}.nodes (
    id uuid not null,
    name text not null,
    host text not null,
    process_id integer not null,
    process_started_at timestamptz not null,
    state smallint not null,
    weight integer not null,
    shards_max integer,
    capabilities json not null,
    started_at timestamptz not null,
    expires_at timestamptz not null,
    given bigint not null,
    constraint nodes_pkey primary key (id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

-- Change: the number of the change that touched the row last.
create table {schema}.leases (
    shard text collate "C" not null,
    projection text collate "C" not null,
    generation integer not null,
    database text collate "C" not null,
    group_name text collate "C",
    version integer not null,
    state smallint not null,
    owner uuid,
    epoch bigint not null,
    pin uuid,
    problem_category text,
    problem_message text,
    problem_next_try timestamptz,
    change bigint not null,
    constraint leases_pkey primary key (shard)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 500);

create index leases_owner_key on {schema}.leases (owner) where owner is not null;
create index leases_change_key on {schema}.leases (change);
create index leases_generation_key on {schema}.leases (projection, generation, database);

create table {schema}.lease_changes (
    id smallint not null default 1 check (id = 1),
    change bigint not null,
    constraint lease_changes_pkey primary key (id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

insert into {schema}.lease_changes (change) values (0);

create table {schema}.commands (
    number bigint generated always as identity,
    action smallint not null,
    target text not null,
    argument text,
    requested_by text not null,
    requested_at timestamptz not null default clock_timestamp(),
    state smallint not null default 0,
    node uuid,
    result text,
    ended_at timestamptz,
    constraint commands_pkey primary key (number)
);

create index commands_open_key on {schema}.commands (number) where state < 2;

-- Takes the counter's row until the transaction ends, and returns the next change. Why deltas are exact: changes commit in the order of
-- their numbers, each before the next one is given out; so who reads the counter, and then the rows in a later snapshot, sees all rows of
-- the changes up to the counter. In one snapshot for all statements that order would mean nothing: refused.
create function {schema}.next_lease_change() returns bigint
language plpgsql as $function$
declare
    v_change bigint;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'Leases change only in READ COMMITTED transactions (transaction_isolation: %).',
            current_setting('transaction_isolation') using errcode = 'invalid_transaction_state';
    end if;

    perform {schema}.require_durable_commit();
    select c.change + 1 into v_change from {schema}.lease_changes c where c.id = 1 for update;
    return v_change;
end
$function$;

-- The nodes of the roster that have expired, their rows locked: a heartbeat of one of them that is under way is waited for, and counts; one
-- that comes later waits for this transaction, and its answer shows what it lost. Under the counter's lock nobody joins.
create function {schema}.lock_expired_nodes(p_now timestamptz, p_except uuid) returns uuid[]
language sql as $function$
    select coalesce(array_agg(d.id), '{}')
    from (
        select n.id from {schema}.nodes n
        where n.expires_at <= p_now and n.id is distinct from p_except
        order by n.id
        for update
    ) d
$function$;

-- The answer to a node: its shards are those that changed after what it knows. With p_owners, the expired nodes that own shards too.
create function {schema}.lease_view(p_change bigint, p_known bigint, p_now timestamptz, p_owners boolean) returns json
language plpgsql
set enable_seqscan = off
set jit = off
as $function$
begin
    return json_build_object(
        'change', p_change,
        'now', p_now,
        'is_complete', p_known = 0,
        'nodes', (
            select coalesce(json_agg(json_build_object(
                'id', n.id, 'name', n.name, 'host', n.host, 'process_id', n.process_id, 'process_started_at', n.process_started_at,
                'state', n.state, 'weight', n.weight, 'shards_max', n.shards_max, 'capabilities', n.capabilities,
                'started_at', n.started_at, 'expires_at', n.expires_at) order by n.id), '[]')
            from {schema}.nodes n
            where n.expires_at > p_now or (p_owners and exists (select from {schema}.leases l where l.owner = n.id))),
        'shards', (
            select coalesce(json_agg(json_build_object(
                'shard', l.shard, 'group', l.group_name, 'version', l.version, 'state', l.state, 'owner', l.owner, 'epoch', l.epoch,
                'pin', l.pin, 'problem', case when l.problem_category is not null then json_build_object(
                    'category', l.problem_category, 'message', l.problem_message, 'next_try', l.problem_next_try) end)
                order by l.shard), '[]')
            from {schema}.leases l
            where l.change > p_known),
        'last_command', (select coalesce(max(c.number), 0) from {schema}.commands c));
end
$function$;

-- Everything, without taking part.
create function {schema}.read_leases() returns json
language plpgsql volatile as $function$
declare
    v_change bigint;
begin
    select c.change into v_change from {schema}.lease_changes c where c.id = 1;
    return {schema}.lease_view(v_change, 0, clock_timestamp(), true);
end
$function$;

-- Makes shards of generations that have none yet. The set of those is complete before the first row is made (an index would be walked over
-- the rows of this very statement again and again).
create function {schema}.register_leases(
    p_change bigint, a_shards text[], a_projections text[], a_generations integer[], a_databases text[], a_groups text[],
    a_versions integer[], a_states smallint[], a_epochs bigint[], a_pins uuid[]) returns bigint
language plpgsql
set enable_hashjoin = on
set enable_nestloop = off
set jit = off
as $function$
declare
    v_made bigint;
begin
    insert into {schema}.leases (shard, projection, generation, database, group_name, version, state, epoch, pin, change)
    select a.shard, a.projection, a.generation, a.database, a.group_name, a.version, a.state, a.epoch, a.pin, p_change
    from unnest(a_shards, a_projections, a_generations, a_databases, a_groups, a_versions, a_states, a_epochs, a_pins)
        a (shard, projection, generation, database, group_name, version, state, epoch, pin)
    where not exists (
        select from {schema}.leases l
        where l.projection = a.projection and l.generation = a.generation and l.database = a.database)
    on conflict do nothing;
    get diagnostics v_made = row_count;
    return v_made;
end
$function$;

-- Applies, under the counter's lock, what a tick asks for beside the heartbeat. Returns how many rows that others care for were touched.
create function {schema}.apply_tick(
    p_id uuid, p_change bigint, p_ended uuid[],
    a_shards text[], a_projections text[], a_generations integer[], a_databases text[], a_groups text[], a_versions integer[],
    a_states smallint[], a_epochs bigint[], a_pins uuid[],
    p_release text[], p_claim text[], e_shards text[], e_epochs bigint[],
    r_shards text[], r_categories text[], r_messages text[], r_next_tries timestamptz[]) returns bigint
language plpgsql
set enable_seqscan = off
set enable_hashjoin = on
set enable_nestloop = off
set enable_mergejoin = off
set jit = off
as $function$
declare
    v_now timestamptz := clock_timestamp();
    v_expired uuid[];
    v_count bigint;
    v_touched bigint := 0;
begin
    update {schema}.nodes n set expires_at = v_now
    where n.id = any (p_ended) and n.id <> p_id and n.expires_at > v_now;
    get diagnostics v_touched = row_count;

    if cardinality(a_shards) > 0 then
        v_touched := v_touched + {schema}.register_leases(
            p_change, a_shards, a_projections, a_generations, a_databases, a_groups, a_versions, a_states, a_epochs, a_pins);
    end if;

    update {schema}.leases l set owner = null, change = p_change
    where l.shard = any (p_release) and l.owner is not distinct from p_id;
    get diagnostics v_count = row_count;
    v_touched := v_touched + v_count;

    if cardinality(p_claim) > 0 then
        v_expired := {schema}.lock_expired_nodes(v_now, p_id);
        update {schema}.leases l
        set owner = p_id, epoch = l.epoch + 1, change = p_change,
            problem_category = null, problem_message = null, problem_next_try = null
        where l.shard = any (p_claim) and l.state = 0 and l.owner is distinct from p_id
            and (l.owner is null or l.owner = any (v_expired) or not exists (select from {schema}.nodes n where n.id = l.owner));
        get diagnostics v_count = row_count;
        v_touched := v_touched + v_count;
    end if;

    update {schema}.leases l set epoch = r.epoch, change = p_change
    from unnest(e_shards, e_epochs) r (shard, epoch)
    where l.shard = any (e_shards) and l.shard = r.shard and l.owner is not distinct from p_id and l.epoch < r.epoch;
    get diagnostics v_count = row_count;
    v_touched := v_touched + v_count;

    update {schema}.leases l
    set problem_category = r.category, problem_message = r.message, problem_next_try = r.next_try, change = p_change
    from unnest(r_shards, r_categories, r_messages, r_next_tries) r (shard, category, message, next_try)
    where l.shard = any (r_shards) and l.shard = r.shard and l.owner is not distinct from p_id
        and (l.problem_category, l.problem_message, l.problem_next_try) is distinct from (r.category, r.message, r.next_try);
    get diagnostics v_count = row_count;
    return v_touched + v_count;
end
$function$;

-- A node's round trip; see ILeaseStore.TickAsync. Arrays a_* are shards to register, e_* epochs to raise, r_* problems to report.
create function {schema}.tick_leases(
    p_id uuid, p_name text, p_host text, p_process_id integer, p_process_started_at timestamptz, p_state smallint, p_weight integer,
    p_shards_max integer, p_capabilities json, p_time_to_live interval, p_known bigint, p_ended uuid[],
    a_shards text[], a_projections text[], a_generations integer[], a_databases text[], a_groups text[], a_versions integer[],
    a_states smallint[], a_epochs bigint[], a_pins uuid[],
    p_release text[], p_claim text[], e_shards text[], e_epochs bigint[],
    r_shards text[], r_categories text[], r_messages text[], r_next_tries timestamptz[]) returns json
language plpgsql volatile
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $function$
declare
    v_now timestamptz;
    v_next bigint;
    v_change bigint;
    v_touched bigint := 0;
    v_state smallint;
    v_given bigint;
begin
    -- 1. A heartbeat that changes nothing for others stays off the counter's row. Its own row is locked before the counter is read: see
    -- lock_expired_nodes.
    select n.state into v_state from {schema}.nodes n where n.id = p_id;
    if found and p_state <= v_state
        and cardinality(p_ended) + cardinality(p_release) + cardinality(p_claim) + cardinality(e_shards) + cardinality(r_shards) = 0
        and not exists (
            select from unnest(a_projections, a_generations, a_databases) a (projection, generation, database)
            where not exists (
                select from {schema}.leases l
                where l.projection = a.projection and l.generation = a.generation and l.database = a.database))
    then
        perform {schema}.require_durable_commit();
        select n.given into v_given from {schema}.nodes n where n.id = p_id for update;
    end if;

    -- 2. Everything else happens under the counter's lock: joining, too.
    if v_given is null then
        v_next := {schema}.next_lease_change();
        v_touched := {schema}.apply_tick(
            p_id, v_next, p_ended, a_shards, a_projections, a_generations, a_databases, a_groups, a_versions, a_states, a_epochs, a_pins,
            p_release, p_claim, e_shards, e_epochs, r_shards, r_categories, r_messages, r_next_tries);
        select n.state, n.given into v_state, v_given from {schema}.nodes n where n.id = p_id for update;
        if v_touched > 0 or v_state is null or p_state > v_state then
            update {schema}.lease_changes c set change = v_next where c.id = 1;
        end if;
    end if;

    -- 3. The counter before the rows, each in a snapshot of its own.
    select c.change into v_change from {schema}.lease_changes c where c.id = 1;
    v_now := clock_timestamp();
    insert into {schema}.nodes as n (
        id, name, host, process_id, process_started_at, state, weight, shards_max, capabilities, started_at, expires_at, given)
    values (
        p_id, p_name, p_host, p_process_id, p_process_started_at, p_state, p_weight, p_shards_max, p_capabilities, v_now,
        v_now + p_time_to_live, v_change)
    on conflict (id) do update set
        name = excluded.name, host = excluded.host, process_id = excluded.process_id, process_started_at = excluded.process_started_at,
        state = greatest(n.state, excluded.state), weight = excluded.weight, shards_max = excluded.shards_max,
        capabilities = excluded.capabilities, expires_at = excluded.expires_at, given = excluded.given;

    delete from {schema}.nodes n
    where n.id in (
        select d.id from {schema}.nodes d
        where d.expires_at <= v_now and d.id <> p_id
            and (d.expires_at < v_now - interval '1 hour' or not exists (select from {schema}.leases l where l.owner = d.id))
        for update skip locked);

    return {schema}.lease_view(v_change, case when p_known <= v_given then greatest(p_known, 0) else 0 end, v_now, false);
end
$function$;

-- Gives everything of a node back and takes it off the roster.
create function {schema}.leave_leases(p_id uuid) returns void
language plpgsql
set enable_seqscan = off
set jit = off
as $function$
declare
    v_next bigint := {schema}.next_lease_change();
    v_released bigint;
begin
    update {schema}.leases l set owner = null, change = v_next where l.owner = p_id;
    get diagnostics v_released = row_count;
    delete from {schema}.nodes n where n.id = p_id;
    if found or v_released > 0 then
        update {schema}.lease_changes c set change = v_next where c.id = 1;
    end if;
end
$function$;

-- Changes the set of shards, or returns false and changes nothing; see LeaseChange. Arrays w_* are conditions, a_* shards to make, s_*
-- states, p_* pins, d_* rows to delete, n_* states of nodes.
create function {schema}.change_leases(
    w_shards text[], w_states smallint[], w_unowned boolean[],
    a_shards text[], a_projections text[], a_generations integer[], a_databases text[], a_groups text[], a_versions integer[],
    a_states smallint[], a_epochs bigint[], a_pins uuid[],
    s_shards text[], s_states smallint[], p_shards text[], p_pins uuid[], d_shards text[], n_ids uuid[], n_states smallint[])
returns boolean
language plpgsql
set enable_seqscan = off
set enable_hashjoin = on
set enable_nestloop = off
set enable_mergejoin = off
set jit = off
as $function$
declare
    v_next bigint := {schema}.next_lease_change();
    v_expired uuid[] := '{}';
begin
    if true = any (w_unowned) then
        v_expired := {schema}.lock_expired_nodes(clock_timestamp(), null);
    end if;

    if exists (
        select from unnest(w_shards, w_states, w_unowned) w (shard, state, unowned)
        where not exists (
            select from {schema}.leases l
            where l.shard = any (w_shards) and l.shard = w.shard and l.state = w.state
                and (not w.unowned or l.owner is null or l.owner = any (v_expired)
                    or not exists (select from {schema}.nodes n where n.id = l.owner))))
    or exists (
        select from unnest(s_shards || p_shards) s (shard)
        where not exists (select from {schema}.leases l where l.shard = any (s_shards || p_shards) and l.shard = s.shard)
            and s.shard <> all (a_shards))
    or exists (select from unnest(n_ids) i (id) where not exists (select from {schema}.nodes n where n.id = i.id)) then
        return false;
    end if;

    insert into {schema}.leases as l (shard, projection, generation, database, group_name, version, state, epoch, pin, change)
    select a.shard, a.projection, a.generation, a.database, a.group_name, a.version, a.state, a.epoch, a.pin, v_next
    from unnest(a_shards, a_projections, a_generations, a_databases, a_groups, a_versions, a_states, a_epochs, a_pins)
        a (shard, projection, generation, database, group_name, version, state, epoch, pin)
    on conflict (shard) do update set
        group_name = excluded.group_name, version = excluded.version, state = excluded.state, owner = null,
        epoch = greatest(l.epoch, excluded.epoch), pin = excluded.pin, change = excluded.change,
        problem_category = null, problem_message = null, problem_next_try = null;

    update {schema}.leases l set state = s.state, change = v_next
    from unnest(s_shards, s_states) s (shard, state) where l.shard = any (s_shards) and l.shard = s.shard;
    update {schema}.leases l set pin = s.pin, change = v_next
    from unnest(p_shards, p_pins) s (shard, pin) where l.shard = any (p_shards) and l.shard = s.shard;
    delete from {schema}.leases l where l.shard = any (d_shards);
    update {schema}.nodes n set state = s.state
    from unnest(n_ids, n_states) s (id, state) where n.id = s.id;
    update {schema}.lease_changes c set change = v_next where c.id = 1;
    return true;
end
$function$;

-- Adds a pending command. Under the counter's lock, so that commands become visible in the order of their numbers.
create function {schema}.add_command(p_action smallint, p_target text, p_argument text, p_requested_by text) returns bigint
language plpgsql as $function$
declare
    v_number bigint;
begin
    perform {schema}.next_lease_change();
    insert into {schema}.commands as c (action, target, argument, requested_by)
    values (p_action, p_target, p_argument, p_requested_by)
    returning c.number into v_number;
    return v_number;
end
$function$;
