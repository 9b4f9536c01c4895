CREATE VIEW tandem.recent_runs WITH (security_invoker = true) AS
SELECT r.run, t.name AS tenant, m.name AS mapping, r.status, r.trigger, r.requested_by, r."full", r.params, r.requested_at,
       r.started_at, r.completed_at, coalesce(r.completed_at, now()) - r.started_at AS duration, r.pages, r.records_read,
       r.created, r.updated, r.deleted, r.skipped, r.failed, r.conflicts, r.bytes, r.cursor_before, r.cursor_after,
       r.timing, r.error_type, r.code, r.message, r.attempt
FROM tandem._run r
JOIN tandem._tenant t ON t.tenant_id = r.tenant_id
JOIN tandem._mapping m ON m.mapping_id = r.mapping_id
ORDER BY r.run DESC;
COMMENT ON VIEW tandem.recent_runs IS 'runs with their counters, newest first';
COMMENT ON COLUMN tandem.recent_runs.skipped IS 'records that were read and needed nothing, or that a trigger or policy kept out';

CREATE VIEW tandem.run_progress WITH (security_invoker = true) AS
SELECT r.run, t.name AS tenant, m.name AS mapping, r.pid, coalesce(r.phase, r.status) AS phase, r.pages,
       r.records_read AS records, round(s.rate, 1) AS rate, p.percent,
       rpad(repeat('#', (p.percent / 5)::int), 20, '.') AS bar,
       CASE WHEN s.rate > 0 AND r.total > r.records_read
            THEN make_interval(secs => round((r.total - r.records_read) / s.rate)::double precision) END AS eta,
       coalesce(r.waiting_on, CASE WHEN r.status = 'pending' THEN 'worker' END) AS waiting_on,
       coalesce(r.waiting_until, CASE WHEN r.status = 'pending' THEN r.not_before END) AS waiting_until,
       nullif(pg_blocking_pids(r.pid), '{}') AS blocked_by, r.last_activity_at
FROM tandem._run r
JOIN tandem._tenant t ON t.tenant_id = r.tenant_id
JOIN tandem._mapping m ON m.mapping_id = r.mapping_id
CROSS JOIN LATERAL (SELECT r.records_read / nullif(extract(epoch FROM clock_timestamp() - r.started_at), 0) AS rate) s
CROSS JOIN LATERAL (SELECT CASE WHEN r.total > 0 THEN round(least(100.0 * r.records_read / r.total, 100), 1) END AS percent) p
WHERE r.status IN ('pending', 'running');
COMMENT ON VIEW tandem.run_progress IS 'runs that wait or are under way, as of their last committed page';
COMMENT ON COLUMN tandem.run_progress.percent IS 'of the records that the source says there are; null where it does not say';

CREATE VIEW tandem.sync_stats WITH (security_invoker = true) AS
SELECT r.completed_at::date AS sync_date, count(*) AS syncs,
       count(*) FILTER (WHERE r.status IN ('completed', 'partial')) AS successful_syncs,
       count(*) FILTER (WHERE r.status = 'failed') AS failed_syncs,
       sum(r.records_read)::bigint AS total_records_processed,
       round(coalesce(sum(r.failed) / nullif(sum(r.records_read), 0), 0), 4) AS error_rate,
       avg(r.completed_at - r.started_at) AS avg_duration,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY r.completed_at - r.started_at) AS p95_duration
FROM tandem._run r
WHERE r.completed_at IS NOT NULL
GROUP BY r.completed_at::date
ORDER BY 1 DESC;
COMMENT ON VIEW tandem.sync_stats IS 'runs per day';
COMMENT ON COLUMN tandem.sync_stats.error_rate IS 'records that failed, as a part of those that were read';

CREATE VIEW tandem.mapping_stats WITH (security_invoker = true) AS
SELECT t.name AS tenant, m.name AS mapping, c.name AS connection, m.object, m.target_name AS target,
       r.completed_at::date AS sync_date, count(*) AS syncs, sum(r.created + r.updated)::bigint AS rows,
       sum(r.failed)::bigint AS errors,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY r.completed_at - r.started_at) AS duration_p50,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY r.completed_at - r.started_at) AS duration_p95
FROM tandem._run r
JOIN tandem._mapping m ON m.mapping_id = r.mapping_id
JOIN tandem._connection c ON c.connection_id = m.connection_id
JOIN tandem._tenant t ON t.tenant_id = m.tenant_id
WHERE r.completed_at IS NOT NULL
GROUP BY t.name, m.name, c.name, m.object, m.target_name, r.completed_at::date
ORDER BY 6 DESC, 2;
COMMENT ON VIEW tandem.mapping_stats IS 'per mapping and day: rows written, errors, duration of its runs';
