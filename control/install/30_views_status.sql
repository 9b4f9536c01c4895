-- What holds the whole database back, if anything: first reason wins.
CREATE VIEW tandem._held_back WITH (security_invoker = true) AS
SELECT h.reason, h.next_step
FROM (SELECT 1 AS rank, i.paused_reason AS reason,
             CASE WHEN i.paused_reason LIKE 'paused by %' THEN 'SELECT tandem.resume_all();' ELSE 'SELECT tandem.adopt();' END AS next_step
        FROM tandem._instance i WHERE i.paused_reason IS NOT NULL
      UNION ALL
      SELECT 2, 'tandem.enabled is off', 'ALTER SYSTEM SET tandem.enabled = on; SELECT pg_reload_conf();'
       WHERE NOT coalesce(current_setting('tandem.enabled', true)::boolean, true)) h
ORDER BY h.rank
LIMIT 1;
COMMENT ON VIEW tandem._held_back IS 'no row, or why nothing runs in this database';

CREATE VIEW tandem.connection_status WITH (security_invoker = true) AS
SELECT t.name AS tenant, c.name AS connection, c.connection_id, k.name AS connector, c.enabled, s.status,
       CASE s.status WHEN 'disabled' THEN 'disabled' WHEN 'paused' THEN coalesce(c.paused_reason, h.reason)
                     WHEN 'untested' THEN 'not used since it was made or changed' WHEN 'ready' THEN NULL
                     ELSE c.last_error END AS status_reason,
       CASE s.status
           WHEN 'disabled' THEN format('SELECT tandem.enable_connection(%L);', c.name)
           WHEN 'paused' THEN coalesce(h.next_step, format('SELECT tandem.resume_connection(%L);', c.name))
           WHEN 'auth_failed' THEN format('SELECT tandem.set_credentials(%L, ''{…}'');', c.name)
           WHEN 'ready' THEN NULL
           ELSE format('SELECT * FROM tandem.test_connection(%L);', c.name)
       END AS next_step,
       c.last_ok_at, c.last_error, c.last_error_type, c.last_error_at,
       make_interval(secs => c.clock_offset_ms / 1000.0) AS clock_offset
FROM tandem._connection c
JOIN tandem._tenant t ON t.tenant_id = c.tenant_id
JOIN tandem._connector k ON k.connector_id = c.connector_id
LEFT JOIN tandem._held_back h ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN NOT c.enabled THEN 'disabled'
                WHEN c.paused OR h.reason IS NOT NULL THEN 'paused'
                WHEN c.last_error IS NULL AND c.last_ok_at IS NULL THEN 'untested'
                WHEN c.last_error IS NULL THEN 'ready'
                WHEN c.last_error_type = 'AUTH_ERROR' THEN 'auth_failed'
                WHEN c.last_error_type = 'RATE_LIMIT' THEN 'rate_limited'
                WHEN c.last_error_type = 'NETWORK_ERROR' THEN 'unreachable'
                ELSE 'error' END AS status) s;
COMMENT ON VIEW tandem.connection_status IS 'whether connections work: ready, error, auth_failed, rate_limited, unreachable, paused, disabled, untested';
COMMENT ON COLUMN tandem.connection_status.next_step IS 'SQL to paste';
COMMENT ON COLUMN tandem.connection_status.clock_offset IS 'the source''s clock minus the server''s, by the Date of its answers; null: it says none, or they never differed by more than 1.5 s';

CREATE VIEW tandem.mapping_status WITH (security_invoker = true) AS
SELECT t.name AS tenant, m.name AS mapping, m.mapping_id, c.connection, m.object,
       CASE WHEN r.oid IS NULL THEN m.target_name ELSE format('%I.%I', n.nspname, r.relname) END AS target,
       m.definition ->> 'direction' AS direction, m.enabled, m.owner_name AS owner, s.status,
       CASE s.status
           WHEN 'disabled' THEN 'disabled'
           WHEN 'paused' THEN coalesce(m.paused_reason, h.reason)
           WHEN 'error' THEN p.problem
           WHEN 'partial' THEN concat_ws(', ',
               CASE WHEN d.held > 0 THEN format('%s %s not deleted, for the brake holds them back', d.held, CASE d.held WHEN 1 THEN 'row' ELSE 'rows' END) END,
               CASE WHEN e.unresolved > e.waiting
                    THEN format('%s unresolved %s', e.unresolved - e.waiting, CASE e.unresolved - e.waiting WHEN 1 THEN 'error' ELSE 'errors' END) END,
               CASE e.waiting WHEN 0 THEN NULL WHEN 1 THEN '1 record waits for one of another mapping'
                    ELSE format('%s records wait for records of other mappings', e.waiting) END)
           WHEN 'ready' THEN CASE WHEN y.changes > 0 THEN format('%s open schema %s', y.changes,
                                                                 CASE y.changes WHEN 1 THEN 'change' ELSE 'changes' END)
                                  WHEN f.code IS NOT NULL THEN f.message END
       END AS status_reason,
       CASE s.status
           WHEN 'disabled' THEN format('SELECT tandem.enable_mapping(%L);', m.name)
           WHEN 'paused' THEN CASE WHEN m.paused THEN format('SELECT tandem.resume_mapping(%L);', m.name) ELSE h.next_step END
           WHEN 'error' THEN p.remedy
           WHEN 'partial' THEN CASE WHEN d.held > 0 THEN format('SELECT tandem.approve_deletes(%L, %s);', m.name, d.held)
                                    WHEN e.unresolved > e.waiting THEN format('SELECT * FROM tandem.get_sync_errors(%L);', m.name) END
           WHEN 'ready' THEN CASE WHEN l.run IS NULL AND m.schedule IS NULL THEN format('SELECT tandem.sync_now(%L);', m.name)
                                  WHEN y.changes > 0 THEN format('SELECT * FROM tandem.schema_changes WHERE mapping = %L;', m.name)
                                  WHEN f.code IS NOT NULL THEN format('SELECT * FROM tandem.doctor(%L);', m.name) END
       END AS next_step,
       CASE WHEN l.status IN ('pending', 'running') THEN coalesce(l.waiting_on, (SELECT w.held_up_by FROM tandem._held_up w WHERE w.run = l.run),
                                                                       CASE WHEN l.status = 'pending' THEN 'worker' END)
            END AS waiting_on,
       CASE l.status WHEN 'pending' THEN coalesce(l.waiting_until, l.not_before) WHEN 'running' THEN l.waiting_until END AS waiting_until,
       e.unresolved AS unresolved_errors,
       (SELECT count(*) FROM tandem._conflict x WHERE x.mapping_id = m.mapping_id AND x.resolved_at IS NULL) AS conflicts, u.pending + coalesce(v.changes, 0) AS pending_changes, least(u.oldest, v.oldest) AS oldest_pending_at,
       m.rows_synced, l.run AS last_run, l.status AS last_run_status, l.started_at AS last_started_at,
       f.completed_at AS last_completed_at, f.completed_at - f.started_at AS last_duration,
       coalesce(l.last_activity_at, l.requested_at) AS last_activity_at,
       CASE WHEN s.status NOT IN ('disabled', 'paused') THEN m.next_run_at END AS next_run_at,
       now() - g.started_at AS freshness,
       m.compared_at, m.compared_new, m.compared_changed, m.compared_removed
FROM tandem._mapping m
JOIN tandem._tenant t ON t.tenant_id = m.tenant_id
JOIN tandem.connection_status c ON c.connection_id = m.connection_id
LEFT JOIN tandem._held_back h ON true
LEFT JOIN pg_catalog.pg_class r ON r.oid = m.target
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
LEFT JOIN pg_catalog.pg_roles o ON o.oid = m.owner
-- the run at work or the last one, the last reading of the source that ended, the last that got all there was
LEFT JOIN LATERAL (SELECT * FROM ((SELECT * FROM tandem._run x WHERE x.mapping_id = m.mapping_id ORDER BY x.run DESC LIMIT 1)
                                  UNION ALL
                                  (SELECT * FROM tandem._run x WHERE x.mapping_id = m.mapping_id AND x.status IN ('pending', 'running'))) x
                   ORDER BY x.status = 'running' DESC, x.run DESC LIMIT 1) l ON true
LEFT JOIN LATERAL (SELECT * FROM tandem._run x WHERE x.mapping_id = m.mapping_id AND x.completed_at IS NOT NULL AND x.kind = CASE WHEN m.definition ->> 'direction' = 'push' AND NOT m.captured THEN 'push' ELSE 'pull' END
                   ORDER BY x.run DESC LIMIT 1) f ON true
LEFT JOIN LATERAL (SELECT x.started_at FROM tandem._run x WHERE x.mapping_id = m.mapping_id AND x.status = 'completed' AND x.kind = CASE WHEN m.definition ->> 'direction' = 'push' AND NOT m.captured THEN 'push' ELSE 'pull' END
                   ORDER BY x.run DESC LIMIT 1) g ON true
CROSS JOIN LATERAL (SELECT count(*) AS unresolved, count(x.waits_for) AS waiting FROM tandem._sync_error x
                    WHERE x.mapping_id = m.mapping_id AND x.resolved_at IS NULL) e
CROSS JOIN LATERAL (SELECT count(*) AS held FROM tandem._pending_delete x WHERE x.mapping_id = m.mapping_id AND NOT x.uncovered) d
CROSS JOIN LATERAL (SELECT count(*) AS changes FROM tandem._schema_change x
                    WHERE x.mapping_id = m.mapping_id AND x.status = 'open') y
-- local changes that wait to be sent or are under way; those that are parked are errors
CROSS JOIN LATERAL (SELECT count(*) AS pending, min(x.captured_at) AS oldest FROM tandem._outbox_item x
                    WHERE x.mapping_id = m.mapping_id AND x.state <> 'f') u
LEFT JOIN LATERAL (SELECT * FROM tandem._captured_changes(m.mapping_id)) v ON m.captured
-- the first event of a pushed table that no trigger captures: there is none, or it does not always fire
LEFT JOIN LATERAL (
    SELECT CASE WHEN g.tgname IS NULL THEN format('%s of table %I.%I is not captured, for its trigger is missing', v.event, n.nspname, r.relname)
                WHEN g.tgenabled = 'D' THEN format('%s of table %I.%I is not captured, for trigger %I is disabled', v.event, n.nspname, r.relname, g.tgname)
                ELSE format('%s of table %I.%I is not always captured, for trigger %I is not ENABLE ALWAYS any more', v.event, n.nspname, r.relname, g.tgname) END AS problem,
           CASE WHEN g.tgname IS NULL THEN format('SELECT tandem.enable_mapping(%L);', m.name)
                ELSE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER %I;', n.nspname, r.relname, g.tgname) END AS remedy
      FROM (VALUES (1, 4, 'INSERT'), (2, 16, 'UPDATE'), (3, 8, 'DELETE'), (4, 32, 'TRUNCATE')) AS v (ord, bit, event)
      LEFT JOIN LATERAL (
          SELECT x.tgname, x.tgenabled FROM pg_catalog.pg_trigger x
           WHERE x.tgrelid = m.target AND x.tgfoid = 'tandem._capture_changes'::regproc AND x.tgtype & v.bit <> 0 AND x.tgtype & 2 = 0
             AND x.tgparentid = 0
             -- a row trigger, or what a whole statement is known by
             AND (v.bit = 32 OR x.tgtype & 1 = 1 OR (x.tgoldtable IS NOT NULL OR x.tgnewtable IS NOT NULL)
                 -- which does not see what is written through other tables
                 AND r.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = m.target))
           ORDER BY x.tgenabled = 'A' DESC LIMIT 1) g ON true
     WHERE m.captured AND g.tgenabled IS DISTINCT FROM 'A' AND r.oid IS NOT NULL
       AND NOT (v.bit = 32 AND r.relkind = 'f')
     ORDER BY v.ord LIMIT 1) k ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN r.oid IS NULL THEN format('table %s does not exist any more', m.target_name)
                WHEN o.oid IS NULL THEN format('role %I that owned the mapping does not exist any more', m.owner_name)
                WHEN NOT o.rolcanlogin THEN format('role %I cannot log in, so no worker can act for it', m.owner_name)
                WHEN k.problem IS NOT NULL THEN k.problem
                WHEN c.status NOT IN ('ready', 'untested') THEN
                    format('connection %I is %s', c.connection, c.status) || coalesce(': ' || c.status_reason, '')
                WHEN f.status = 'failed' THEN coalesce(f.message, 'the last run failed') END AS problem,
           CASE WHEN r.oid IS NULL THEN format('SELECT tandem.alter_mapping(%L, %L);', m.name, jsonb_build_object('target', m.target_name))
                WHEN o.oid IS NULL THEN format('SELECT tandem.export_mapping(%L);', m.name)
                WHEN NOT o.rolcanlogin THEN format('ALTER ROLE %I LOGIN;', m.owner_name)
                WHEN k.problem IS NOT NULL THEN k.remedy
                WHEN c.status NOT IN ('ready', 'untested') THEN c.next_step
                WHEN f.status = 'failed' THEN format('SELECT * FROM tandem.doctor(%L);', m.name) END AS remedy) p
CROSS JOIN LATERAL (
    SELECT CASE WHEN NOT m.enabled THEN 'disabled'
                WHEN m.paused OR h.reason IS NOT NULL THEN 'paused'
                WHEN l.status = 'running' THEN 'running'
                WHEN p.problem IS NOT NULL THEN 'error'
                WHEN e.unresolved > 0 OR d.held > 0 THEN 'partial'
                ELSE 'ready' END AS status) s;
COMMENT ON VIEW tandem.mapping_status IS 'how each mapping is doing: the first that holds of disabled, paused, running, error, partial, ready';
COMMENT ON COLUMN tandem.mapping_status.next_step IS 'SQL to paste';
COMMENT ON COLUMN tandem.mapping_status.pending_changes IS 'local changes that the other side has not acknowledged yet, without those that are parked as errors';
COMMENT ON COLUMN tandem.mapping_status.oldest_pending_at IS 'when the oldest of them was captured';
COMMENT ON COLUMN tandem.mapping_status.compared_at IS 'when the rows of source_query were last held against what had been sent';
COMMENT ON COLUMN tandem.mapping_status.compared_new IS 'how many of them had never been sent, or were deleted there';
COMMENT ON COLUMN tandem.mapping_status.compared_changed IS 'how many were others than when they were sent';
COMMENT ON COLUMN tandem.mapping_status.compared_removed IS 'how many that had been sent were not among them any more, where delete_mode lets them go';
COMMENT ON COLUMN tandem.mapping_status.freshness IS 'now minus the moment up to which the table is known to equal the source';
