-- Purpose: archiving a stream, and finding a place in the log by time.
-- Locks: the stream's row, before its events.
-- Index: streams_pkey, events_stream_version_key, events_pkey.

-- Archives a stream, or takes it back. Returns whether there is such a stream.
create function {schema}.set_archived(p_tenant text, p_stream text, p_archived boolean) returns boolean
language plpgsql set enable_seqscan = off as $function$
declare
    v_stream_id bigint;
begin
    select s.stream_id into v_stream_id from {schema}.streams s where s.tenant = p_tenant and s.name = p_stream for update;
    if v_stream_id is null then
        return false;
    end if;

    update {schema}.streams s set archived = p_archived where s.tenant = p_tenant and s.name = p_stream and s.archived <> p_archived;
    update {schema}.events e set archived = p_archived where e.stream_id = v_stream_id and e.archived <> p_archived;
    return true;
end
$function$;

-- The position before the first event recorded at or after a moment; p_through when there is none up to it. There is no index on the time:
-- positions and times rise together but for appends that were open side by side and for steps of the clock. So the search halves the
-- positions for a minute earlier, and then walks to the first event that fits: exact while the log's times are out of order by less than a
-- minute.
create function {schema}.find_position_before(p_moment timestamptz, p_through bigint) returns bigint
language plpgsql set enable_seqscan = off as $function$
declare
    v_low bigint := 0;
    v_high bigint;
    v_middle bigint;
    v_position bigint;
    v_recorded timestamptz;
begin
    select coalesce(max(e.position), 0) into v_high from {schema}.events e where e.position <= p_through;
    while v_high - v_low > 1000 loop
        v_middle := v_low + (v_high - v_low) / 2;
        select e.position, e.recorded_at into v_position, v_recorded
        from {schema}.events e where e.position > v_middle order by e.position limit 1;
        if v_position > v_high or v_recorded >= p_moment - interval '1 minute' then
            v_high := v_middle;
        else
            v_low := v_middle;
        end if;
    end loop;

    select e.position into v_position
    from {schema}.events e
    where e.position > v_low and e.position <= p_through and e.recorded_at >= p_moment
    order by e.position limit 1;
    return coalesce(v_position - 1, p_through);
end
$function$;
