-- Purpose: coordination: which event database each tenant is in.
-- Locks: who changes a tenant takes the counter's row first, until commit; nobody waits longer than for one short statement.
-- Index: tenants_pkey, tenant_changes_pkey.

create table {schema}.tenants (
    id text collate "C" not null,
    database text collate "C" not null,
    state smallint not null default 0,
    added_at timestamptz not null default clock_timestamp(),
    constraint tenants_pkey primary key (id)
);

-- One row: how many changes there were. It is moved in the transaction of the change, so one snapshot shows both or neither.
create table {schema}.tenant_changes (
    id smallint not null default 1 check (id = 1),
    change bigint not null,
    constraint tenant_changes_pkey primary key (id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

insert into {schema}.tenant_changes (change) values (0);

-- Adds a tenant and returns the row that stands then. Two who add the same tenant at once meet at the counter's row: the second one sees
-- the first one's row, because in READ COMMITTED each statement has a snapshot of its own (in a stricter transaction it fails, and can be
-- repeated). One that was removed comes back where it was: its events are there.
create function {schema}.add_tenant(p_id text, p_database text) returns setof {schema}.tenants
language plpgsql volatile rows 1 as $function$
begin
    perform {schema}.require_durable_commit();
    return query select t.* from {schema}.tenants t where t.id = p_id and t.state = 0;
    if found then
        return;
    end if;

    perform from {schema}.tenant_changes c where c.id = 1 for update;
    return query
        insert into {schema}.tenants as t (id, database) values (p_id, p_database)
        on conflict (id) do update set state = 0 where t.state <> 0
        returning t.*;
    if found then
        update {schema}.tenant_changes c set change = c.change + 1 where c.id = 1;
        return;
    end if;

    return query select t.* from {schema}.tenants t where t.id = p_id;
end
$function$;

-- Marks a tenant as removed. False when there is none with this id.
create function {schema}.remove_tenant(p_id text) returns boolean
language plpgsql volatile as $function$
begin
    perform {schema}.require_durable_commit();
    perform from {schema}.tenant_changes c where c.id = 1 for update;
    update {schema}.tenants t set state = 1 where t.id = p_id and t.state <> 1;
    if found then
        update {schema}.tenant_changes c set change = c.change + 1 where c.id = 1;
        return true;
    end if;

    return exists (select from {schema}.tenants t where t.id = p_id);
end
$function$;
