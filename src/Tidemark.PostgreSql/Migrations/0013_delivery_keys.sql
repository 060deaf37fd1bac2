-- Purpose: coordination: the keys with which remote consumers connect, by their hashes.
-- Locks: who adds or revokes a key locks the table against others who do, until commit; readers never wait.
-- Index: delivery_keys_pkey, delivery_keys_change_key.

-- Revoked keys stay as the record. Each change gives its row the next number, so the greatest one tells whether anything is new.
create table {schema}.delivery_keys (
    id text collate "C" not null,
    name text not null,
    hash text not null,
    scope text not null,
    created_at timestamptz not null default clock_timestamp(),
    revoked_at timestamptz,
    change bigint not null,
    constraint delivery_keys_pkey primary key (id),
    constraint delivery_keys_change_key unique (change)
);

-- Adds a key and returns the row that stands then. Repeating it changes nothing.
create function {schema}.add_delivery_key(p_id text, p_name text, p_hash text, p_scope text) returns setof {schema}.delivery_keys
language plpgsql volatile rows 1 as $function$
begin
    perform {schema}.require_durable_commit();
    lock table {schema}.delivery_keys in share row exclusive mode;
    insert into {schema}.delivery_keys as k (id, name, hash, scope, change)
    select p_id, p_name, p_hash, p_scope, coalesce(max(o.change), 0) + 1 from {schema}.delivery_keys o
    on conflict (id) do nothing;
    return query select k.* from {schema}.delivery_keys k where k.id = p_id;
end
$function$;

-- Revokes a key. False when there is no such one.
create function {schema}.revoke_delivery_key(p_id text) returns boolean
language plpgsql volatile as $function$
begin
    perform {schema}.require_durable_commit();
    lock table {schema}.delivery_keys in share row exclusive mode;
    update {schema}.delivery_keys k
    set revoked_at = clock_timestamp(), change = (select max(o.change) + 1 from {schema}.delivery_keys o)
    where k.id = p_id and k.revoked_at is null;
    return exists (select from {schema}.delivery_keys k where k.id = p_id);
end
$function$;
