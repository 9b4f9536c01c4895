-- NOTIFY tandem on every change of state of a run or a mapping: ids only, never data. Sent when the change commits.

CREATE FUNCTION tandem._notify_run() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('tandem', json_build_object('event', 'run',
        'tenant_key', (SELECT t.tenant_key FROM tandem._tenant t WHERE t.tenant_id = NEW.tenant_id),
        'mapping_id', NEW.mapping_id, 'run', NEW.run, 'status', NEW.status)::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tandem._notify_run() IS 'tells listeners on channel tandem of a run''s new status';

CREATE TRIGGER notify_made AFTER INSERT ON tandem._run FOR EACH ROW EXECUTE FUNCTION tandem._notify_run();
CREATE TRIGGER notify_changed AFTER UPDATE OF status ON tandem._run FOR EACH ROW
    WHEN (OLD.status OPERATOR(pg_catalog.<>) NEW.status) EXECUTE FUNCTION tandem._notify_run();

CREATE FUNCTION tandem._notify_mapping() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('tandem', json_build_object('event', 'mapping',
        'tenant_key', (SELECT t.tenant_key FROM tandem._tenant t WHERE t.tenant_id = NEW.tenant_id),
        'mapping_id', NEW.mapping_id, 'run', NULL,
        'status', CASE WHEN NOT NEW.enabled THEN 'disabled' WHEN NEW.paused THEN 'paused' ELSE 'ready' END)::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tandem._notify_mapping() IS 'tells listeners on channel tandem that a mapping was paused, disabled or may run again';

CREATE TRIGGER notify_changed AFTER UPDATE OF enabled, paused ON tandem._mapping FOR EACH ROW
    WHEN (OLD.enabled OPERATOR(pg_catalog.<>) NEW.enabled OR OLD.paused OPERATOR(pg_catalog.<>) NEW.paused)
    EXECUTE FUNCTION tandem._notify_mapping();
