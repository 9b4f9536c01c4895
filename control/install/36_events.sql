-- What happens to runs and connections, sent to whoever subscribed: an event is written into the outbox by the statement that
-- changes the state, so that it is sent if and only if that is committed. A subscription is a mapping of its own that pushes;
-- its rows exist only as items of the outbox, with everything in them. Its own runs, and what its own connection goes through,
-- are no events of any subscription that uses that connection: nothing told may lead to more to tell.

CREATE TABLE tandem._event (
    event_id bigint PRIMARY KEY,
    event text NOT NULL,
    at timestamptz NOT NULL,
    tenant text,
    mapping text,
    connection text,
    run bigint,
    status text,
    kind text,
    "trigger" text,
    started_at timestamptz,
    completed_at timestamptz,
    records_read bigint,
    created bigint,
    updated bigint,
    deleted bigint,
    skipped bigint,
    failed bigint,
    conflicts bigint,
    error_type text,
    code text,
    message text
);
COMMENT ON TABLE tandem._event IS 'always empty: its columns are those of the events that subscriptions send';

CREATE TABLE tandem._event_subscription (
    mapping_id bigint PRIMARY KEY REFERENCES tandem._mapping ON DELETE CASCADE,
    events text[] NOT NULL,
    of_mapping bigint                   -- null: of all mappings of the tenant
);
COMMENT ON TABLE tandem._event_subscription IS 'mappings that send events of the engine: which, and of which mapping';

CREATE SEQUENCE tandem._event_seq;
COMMENT ON SEQUENCE tandem._event_seq IS 'numbers the events of the engine';

CREATE FUNCTION tandem._wake_pusher(owner oid)
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem__wake_pusher';
COMMENT ON FUNCTION tandem._wake_pusher(oid) IS 'when this transaction is committed, the worker of this role looks what there is to send';

-- A record is as the outbox wants rows: every value as text, as Postgres prints it in UTC and ISO.
CREATE FUNCTION tandem._tell_event(tenant_id bigint, of_mapping bigint, of_connection bigint, record jsonb) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    told record;
    number bigint := nextval('tandem._event_seq');
BEGIN
    FOR told IN
        INSERT INTO tandem._outbox_item (tenant_id, mapping_id, key, op, version, seq, captured_at, changed_at, record)
        SELECT m.tenant_id, m.mapping_id, jsonb_build_object('event_id', number::text), 'i', n.seq, n.seq, clock_timestamp(), clock_timestamp(),
               _tell_event.record || jsonb_build_object('event_id', number::text, 'tenant', t.name,
                   'at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00')
          FROM tandem._event_subscription s
          JOIN tandem._mapping m ON m.mapping_id = s.mapping_id
          JOIN tandem._tenant t ON t.tenant_id = m.tenant_id
         CROSS JOIN LATERAL (SELECT nextval('tandem._outbox_seq') AS seq) n
         WHERE m.tenant_id = _tell_event.tenant_id AND m.enabled AND _tell_event.record ->> 'event' = ANY (s.events)
           AND (s.of_mapping IS NULL OR s.of_mapping = _tell_event.of_mapping
                OR _tell_event.of_mapping IS NULL AND EXISTS (SELECT FROM tandem._mapping o WHERE o.mapping_id = s.of_mapping
                                                                 AND o.connection_id = _tell_event.of_connection))
           AND (_tell_event.of_mapping IS NOT NULL OR m.connection_id <> _tell_event.of_connection)
        RETURNING mapping_id
    LOOP
        PERFORM tandem._wake_pusher(m.owner) FROM tandem._mapping m WHERE m.mapping_id = told.mapping_id;
    END LOOP;
END
$$;
COMMENT ON FUNCTION tandem._tell_event(bigint, bigint, bigint, jsonb) IS 'puts an event of a mapping, or of a connection, into the outbox for every subscription that wants it';

CREATE FUNCTION tandem._tell_run() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    utc CONSTANT text := 'YYYY-MM-DD HH24:MI:SS.US"+00"';
    wanted CONSTANT boolean := EXISTS (SELECT FROM tandem._event_subscription);
BEGIN
    IF NOT wanted
       OR EXISTS (SELECT FROM tandem._event_subscription s WHERE s.mapping_id = NEW.mapping_id)
       OR NEW.status = 'running' AND NEW.attempt > 1 THEN
        RETURN NULL;
    END IF;
    PERFORM tandem._tell_event(NEW.tenant_id, NEW.mapping_id, m.connection_id, jsonb_build_object(
        'event', CASE NEW.status WHEN 'running' THEN 'sync.started' WHEN 'completed' THEN 'sync.completed'
                                 WHEN 'partial' THEN 'sync.completed' ELSE 'sync.failed' END,
        'mapping', m.name, 'connection', c.name, 'run', NEW.run::text, 'status', NEW.status, 'kind', NEW.kind, 'trigger', NEW.trigger,
        'started_at', to_char(NEW.started_at AT TIME ZONE 'UTC', utc), 'completed_at', to_char(NEW.completed_at AT TIME ZONE 'UTC', utc),
        'records_read', NEW.records_read::text, 'created', NEW.created::text, 'updated', NEW.updated::text, 'deleted', NEW.deleted::text,
        'skipped', NEW.skipped::text, 'failed', NEW.failed::text, 'conflicts', NEW.conflicts::text,
        'error_type', NEW.error_type, 'code', NEW.code, 'message', NEW.message))
       FROM tandem._mapping m JOIN tandem._connection c ON c.connection_id = m.connection_id WHERE m.mapping_id = NEW.mapping_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tandem._tell_run() IS 'events sync.started, sync.completed and sync.failed';
CREATE TRIGGER tell_made AFTER INSERT ON tandem._run FOR EACH ROW
    WHEN (NEW.status OPERATOR(pg_catalog.<>) 'pending') EXECUTE FUNCTION tandem._tell_run();
CREATE TRIGGER tell_changed AFTER UPDATE OF status ON tandem._run FOR EACH ROW
    WHEN (OLD.status OPERATOR(pg_catalog.<>) NEW.status AND NEW.status OPERATOR(pg_catalog.<>) 'pending') EXECUTE FUNCTION tandem._tell_run();

CREATE FUNCTION tandem._tell_connection() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM tandem._event_subscription) THEN
        PERFORM tandem._tell_event(NEW.tenant_id, NULL, NEW.connection_id, jsonb_build_object(
            'event', CASE NEW.last_error_type WHEN 'AUTH_ERROR' THEN 'auth.expired' ELSE 'rate_limit.exceeded' END,
            'connection', NEW.name, 'error_type', NEW.last_error_type, 'message', NEW.last_error));
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tandem._tell_connection() IS 'events auth.expired and rate_limit.exceeded: when it begins, not every time';
CREATE TRIGGER tell_changed AFTER UPDATE OF last_error_type ON tandem._connection FOR EACH ROW
    WHEN (NEW.last_error_type IN ('AUTH_ERROR', 'RATE_LIMIT') AND (OLD.last_error_type IS NULL OR OLD.last_error_type OPERATOR(pg_catalog.<>) NEW.last_error_type))
    EXECUTE FUNCTION tandem._tell_connection();

CREATE FUNCTION tandem.subscribe_events(
    name text,
    connection text,
    events text[],
    mapping text DEFAULT NULL,
    tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_subscribe_events';
COMMENT ON FUNCTION tandem.subscribe_events(text, text, text[], text, text) IS
    'sends events of the engine through a connection: sync.started, sync.completed, sync.failed, auth.expired, rate_limit.exceeded; of one mapping, or of all. Gives the id of the mapping that sends them';

CREATE FUNCTION tandem.unsubscribe_events(name text, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_unsubscribe_events';
COMMENT ON FUNCTION tandem.unsubscribe_events(text, text) IS 'ends a subscription; what was not sent yet is not sent any more';

CREATE VIEW tandem.event_subscriptions WITH (security_invoker = true) AS
SELECT t.name AS tenant, m.name, m.mapping_id, c.name AS connection, s.events, o.name AS mapping, m.owner_name AS owner, m.enabled, m.created_at
FROM tandem._event_subscription s
JOIN tandem._mapping m ON m.mapping_id = s.mapping_id
JOIN tandem._tenant t ON t.tenant_id = m.tenant_id
JOIN tandem._connection c ON c.connection_id = m.connection_id
LEFT JOIN tandem._mapping o ON o.mapping_id = s.of_mapping;
COMMENT ON VIEW tandem.event_subscriptions IS 'who is told of events of the engine; how each is doing shows mapping_status under its name';
COMMENT ON COLUMN tandem.event_subscriptions.mapping IS 'whose events; null: those of all mappings of the tenant, or of one that is gone';
