-- What runs are doing, and what they did.

CREATE VIEW tandem.run_progress WITH (security_invoker = true) AS
SELECT r.run, t.name AS tenant, m.name AS mapping, r.pid, coalesce(r.phase, r.status) AS phase, r.pages,
       r.records_read AS records, round(s.rate, 1) AS rate, p.percent,
       CASE WHEN f.done IS NULL THEN n.total_is_estimate ELSE false END AS total_is_estimate,
       rpad(repeat('#', (p.percent / 5)::int), 20, '.') AS bar,
       CASE WHEN f.done > 0 THEN make_interval(secs => round(s.seconds * (1 - f.done) / f.done)::double precision)
            WHEN f.done IS NULL AND s.rate > 0 AND n.total > r.records_read
            THEN make_interval(secs => round((n.total - r.records_read) / s.rate)::double precision) END AS eta,
       coalesce(CASE WHEN r.status = 'pending' THEN h.held_by END, r.waiting_on, w.held_up_by,
                CASE WHEN r.status = 'pending' THEN 'worker' END) AS waiting_on,
       CASE WHEN r.status = 'running' THEN r.waiting_until WHEN h.held_by IS NULL THEN coalesce(r.waiting_until, r.not_before) END AS waiting_until,
       -- who holds the whole table against us; else who may hold rows of it
       coalesce(nullif(pg_blocking_pids(r.pid), '{}'), CASE WHEN r.waiting_on IS NOT NULL THEN coalesce(l.table_held, l.rows_held) END)
           AS blocked_by,
       r.last_activity_at
FROM tandem._run r
JOIN tandem._tenant t ON t.tenant_id = r.tenant_id
JOIN tandem._mapping m ON m.mapping_id = r.mapping_id
JOIN tandem._connection c ON c.connection_id = m.connection_id
LEFT JOIN tandem._held_back b ON true
LEFT JOIN tandem._held_up w ON w.run = r.run
CROSS JOIN LATERAL (
    SELECT CASE WHEN NOT m.enabled THEN format('mapping %s is disabled', m.name)
                WHEN m.paused THEN format('mapping %s is paused', m.name)
                WHEN NOT c.enabled THEN format('connection %s is disabled', c.name)
                WHEN c.paused THEN format('connection %s is paused', c.name)
                ELSE b.reason END AS held_by) h
-- a listing that is read as a whole is about as long as the last one was
LEFT JOIN LATERAL (
    SELECT x.records_read FROM tandem._run x
     WHERE x.mapping_id = r.mapping_id AND x.run < r.run AND x.status IN ('completed', 'partial')
       AND x.kind = 'pull' AND r.kind <> 'retry'
       AND (x."full" OR m.definition ->> 'sync_mode' = 'full')
       AND (r."full" OR m.definition ->> 'sync_mode' = 'full')
     ORDER BY x.run DESC LIMIT 1) e ON r.total IS NULL
CROSS JOIN LATERAL (SELECT coalesce(r.total, e.records_read) AS total,
                           CASE WHEN r.total IS NOT NULL THEN false WHEN e.records_read IS NOT NULL THEN true END AS total_is_estimate) n
CROSS JOIN LATERAL (SELECT x.seconds, r.records_read / nullif(x.seconds, 0) AS rate
                      FROM (SELECT extract(epoch FROM clock_timestamp() - r.started_at) AS seconds) x) s
-- a listing in slices of time says how much of the time it has behind it, whatever stands in them
CROSS JOIN LATERAL (
    SELECT CASE WHEN r.position ->> 'first' IS NOT NULL
                THEN ((r.position #>> '{at,part}')::numeric - (r.position ->> 'first')::numeric)
                     / nullif((r.position ->> 'until')::numeric - (r.position ->> 'first')::numeric, 0) END AS done) f
CROSS JOIN LATERAL (
    SELECT CASE WHEN f.done IS NOT NULL THEN round(100 * f.done, 1)
                WHEN n.total > 0 THEN round(least(100.0 * r.records_read / n.total, CASE WHEN n.total_is_estimate THEN 99 ELSE 100 END), 1)
           END AS percent) p
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT k.pid) FILTER (WHERE k.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
               AS table_held,
           array_agg(DISTINCT k.pid) FILTER (WHERE k.mode IN ('RowShareLock', 'RowExclusiveLock')) AS rows_held
      FROM pg_catalog.pg_locks k
     WHERE k.locktype = 'relation' AND k.relation = m.target AND k.granted AND k.pid IS DISTINCT FROM r.pid
       AND k.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())) l ON r.waiting_on IS NOT NULL
WHERE r.status IN ('pending', 'running');
COMMENT ON VIEW tandem.run_progress IS 'runs that wait or are under way, as of their last committed page';
COMMENT ON COLUMN tandem.run_progress.phase IS 'pending; fetching: the next page is on its way; applying: a page waits to be written; deletions: the feed of deletions is asked; deleting; comparing; closing';
COMMENT ON COLUMN tandem.run_progress.percent IS 'of the time that is read in slices, of the records that the source says there are, or else of those that the last complete listing had; null where none of them is known';
COMMENT ON COLUMN tandem.run_progress.total_is_estimate IS 'percent, bar and eta go by the last complete listing';
COMMENT ON COLUMN tandem.run_progress.blocked_by IS 'pids that hold the table, or may hold rows of it, while the run waits for a lock';

CREATE VIEW tandem.record_log WITH (security_invoker = true) AS
SELECT t.name AS tenant, m.name AS mapping, l.run, l.at, l.action, l.origin_id, l.local_key, l.record, l.record_text, l.entry
FROM tandem._record_log l
JOIN tandem._mapping m ON m.mapping_id = l.mapping_id
JOIN tandem._tenant t ON t.tenant_id = m.tenant_id;
COMMENT ON VIEW tandem.record_log IS 'what runs of mappings with option record_log did with which record, and the record as the source had it';
COMMENT ON COLUMN tandem.record_log.entry IS 'rises with time';

CREATE VIEW tandem.run_log WITH (security_invoker = true) AS
SELECT l.run, t.name AS tenant, m.name AS mapping, l.at, l.level, l.phase, l.message, l.detail
FROM tandem._run_log l
JOIN tandem._run r ON r.run = l.run
JOIN tandem._tenant t ON t.tenant_id = r.tenant_id
JOIN tandem._mapping m ON m.mapping_id = r.mapping_id
ORDER BY l.run DESC, l.entry;
COMMENT ON VIEW tandem.run_log IS 'what runs of mappings with option run_log did, step by step; kept as long as the run';
