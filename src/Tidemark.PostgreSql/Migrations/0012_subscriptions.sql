-- Purpose: coordination: the subscriptions; and in each event database the failures that their shards stand at.
-- Locks: who changes a subscription takes the counter's row first, until commit; nobody waits longer than for one short statement.
-- Index: subscriptions_pkey, subscription_changes_pkey, delivery_failures_pkey.

create table {schema}.subscriptions (
    name text collate "C" not null,
    incarnation integer not null,
    definition text not null,
    starts text not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint subscriptions_pkey primary key (name)
);

-- One row: how many changes there were, and the last incarnation. It is moved in the transaction of the change, so one snapshot shows both or
-- neither.
create table {schema}.subscription_changes (
    id smallint not null default 1 check (id = 1),
    change bigint not null,
    constraint subscription_changes_pkey primary key (id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

insert into {schema}.subscription_changes (change) values (0);

-- One row for each shard of a subscription whose consumer has failed at an event.
create table {schema}.delivery_failures (
    shard text collate "C" not null,
    position bigint not null,
    attempts integer not null,
    first_failed_at timestamptz not null,
    last_failed_at timestamptz not null,
    reason text not null,
    is_faulted boolean not null,
    constraint delivery_failures_pkey primary key (shard)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

-- Adds a subscription and returns the row that stands then. Two who add the same one at once meet at the counter's row: the second one sees
-- the first one's row, because in READ COMMITTED each statement has a snapshot of its own (in a stricter transaction it fails, and can be
-- repeated).
create function {schema}.add_subscription(p_name text, p_definition text, p_starts text) returns setof {schema}.subscriptions
language plpgsql volatile rows 1 as $function$
begin
    perform {schema}.require_durable_commit();
    perform from {schema}.subscription_changes c where c.id = 1 for update;
    return query
        insert into {schema}.subscriptions as s (name, incarnation, definition, starts)
        select p_name, (c.change + 1)::integer, p_definition, p_starts from {schema}.subscription_changes c where c.id = 1
        on conflict (name) do nothing
        returning s.*;
    if found then
        update {schema}.subscription_changes c set change = c.change + 1 where c.id = 1;
        return;
    end if;

    return query select s.* from {schema}.subscriptions s where s.name = p_name;
end
$function$;

-- Changes a definition. False when there is no such subscription.
create function {schema}.change_subscription(p_name text, p_incarnation integer, p_definition text) returns boolean
language plpgsql volatile as $function$
begin
    perform {schema}.require_durable_commit();
    perform from {schema}.subscription_changes c where c.id = 1 for update;
    update {schema}.subscriptions s set definition = p_definition
    where s.name = p_name and s.incarnation = p_incarnation and s.definition <> p_definition;
    if found then
        update {schema}.subscription_changes c set change = c.change + 1 where c.id = 1;
        return true;
    end if;

    return exists (select from {schema}.subscriptions s where s.name = p_name and s.incarnation = p_incarnation);
end
$function$;

-- Removes a subscription. False when there is no such one.
create function {schema}.remove_subscription(p_name text, p_incarnation integer) returns boolean
language plpgsql volatile as $function$
begin
    perform {schema}.require_durable_commit();
    perform from {schema}.subscription_changes c where c.id = 1 for update;
    delete from {schema}.subscriptions s where s.name = p_name and s.incarnation = p_incarnation;
    if found then
        update {schema}.subscription_changes c set change = c.change + 1 where c.id = 1;
        return true;
    end if;

    return false;
end
$function$;
