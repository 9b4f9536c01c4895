CREATE VIEW tandem.recent_runs WITH (security_invoker = true) AS
SELECT r.run, t.name AS tenant, m.name AS mapping, r.status, r.trigger, r.requested_by, r."full", r.params, r.requested_at,
       r.started_at, r.completed_at, coalesce(r.completed_at, now()) - r.started_at AS duration, r.pages, r.records_read,
       r.created, r.updated, r.deleted, r.skipped, r.failed, r.conflicts, r.bytes, r.cursor_before, r.cursor_after,
       r.timing, r.error_type, r.code, r.message, r.attempt, r.kind, r.differences
FROM tandem._run r
JOIN tandem._tenant t ON t.tenant_id = r.tenant_id
JOIN tandem._mapping m ON m.mapping_id = r.mapping_id
ORDER BY r.run DESC;
COMMENT ON VIEW tandem.recent_runs IS 'runs with their counters, newest first';
COMMENT ON COLUMN tandem.recent_runs.skipped IS 'records that were read and needed nothing, or that a trigger or policy kept out';

-- What a pending run lets go first; the same rule takes the runs (src/store/run_order.hpp).
CREATE VIEW tandem._held_up WITH (security_invoker = true) AS
SELECT r.run, (SELECT CASE WHEN o.mapping_id = r.mapping_id THEN format('run %s', o.run) ELSE format('mapping %s', om.name) END
                 FROM tandem._run o
                 JOIN tandem._mapping om ON om.mapping_id = o.mapping_id
                 JOIN tandem._connection oc ON oc.connection_id = om.connection_id
                WHERE o.run <> r.run AND o.status IN ('pending', 'running')
                  AND (o.mapping_id = r.mapping_id AND (o.kind = 'push') = (r.kind = 'push') AND (o.status = 'running' OR o.run < r.run)
                       OR o.mapping_id = ANY (m.waits_on) AND r.kind <> 'push' AND o.kind <> 'push' AND o.requested_at <= r.requested_at
                          AND (o.status = 'running' OR NOT o.cancel_requested AND (o.not_before IS NULL OR o.not_before <= now())
                                                       AND om.enabled AND NOT om.paused AND oc.enabled AND NOT oc.paused))
                ORDER BY o.mapping_id = r.mapping_id DESC, o.run LIMIT 1) AS held_up_by
FROM tandem._run r
JOIN tandem._mapping m ON m.mapping_id = r.mapping_id
WHERE r.status = 'pending';
COMMENT ON VIEW tandem._held_up IS 'what each pending run waits for; null: nothing but a worker';

CREATE VIEW tandem.sync_stats WITH (security_invoker = true) AS
SELECT r.completed_at::date AS sync_date, count(*) AS syncs,
       count(*) FILTER (WHERE r.status IN ('completed', 'partial')) AS successful_syncs,
       count(*) FILTER (WHERE r.status = 'failed') AS failed_syncs,
       sum(r.records_read)::bigint AS total_records_processed,
       round(coalesce(sum(r.failed) / nullif(sum(r.records_read), 0), 0), 4) AS error_rate,
       avg(r.completed_at - r.started_at) AS avg_duration,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY r.completed_at - r.started_at) AS p95_duration
FROM tandem._run r
WHERE r.completed_at IS NOT NULL AND r.kind <> 'verify'
GROUP BY r.completed_at::date
ORDER BY 1 DESC;
COMMENT ON VIEW tandem.sync_stats IS 'runs per day';
COMMENT ON COLUMN tandem.sync_stats.error_rate IS 'records that failed, as a part of those that were read';

CREATE VIEW tandem.mapping_stats WITH (security_invoker = true) AS
SELECT t.name AS tenant, m.name AS mapping, c.name AS connection, m.object, g.target,
       r.completed_at::date AS sync_date, count(*) AS syncs, sum(r.created + r.updated)::bigint AS rows,
       sum(r.failed)::bigint AS errors,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY r.completed_at - r.started_at) AS duration_p50,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY r.completed_at - r.started_at) AS duration_p95,
       min(l.p50) AS latency_p50, min(l.p95) AS latency_p95
FROM tandem._run r
JOIN tandem._mapping m ON m.mapping_id = r.mapping_id
JOIN tandem._connection c ON c.connection_id = m.connection_id
JOIN tandem._tenant t ON t.tenant_id = m.tenant_id
JOIN tandem.mappings g ON g.mapping_id = m.mapping_id
-- bucket b is 2^(b/4) milliseconds and more; its middle stands for it
LEFT JOIN (
    SELECT s.mapping_id, s.sync_date,
           make_interval(secs => pow(2, (min(s.bucket) FILTER (WHERE s.up_to >= 0.5 * s.total) + 0.5) / 4) / 1000) AS p50,
           make_interval(secs => pow(2, (min(s.bucket) FILTER (WHERE s.up_to >= 0.95 * s.total) + 0.5) / 4) / 1000) AS p95
      FROM (SELECT b.mapping_id, b.sync_date, b.bucket, sum(b.records) OVER (PARTITION BY b.mapping_id, b.sync_date ORDER BY b.bucket) AS up_to,
                   sum(b.records) OVER (PARTITION BY b.mapping_id, b.sync_date) AS total
              FROM (SELECT x.mapping_id, x.completed_at::date AS sync_date, e.key::int AS bucket, sum(e.value::bigint) AS records
                      FROM tandem._run x CROSS JOIN LATERAL jsonb_each_text(x.latency) e
                     WHERE x.completed_at IS NOT NULL
                     GROUP BY x.mapping_id, x.completed_at::date, e.key) b) s
     GROUP BY s.mapping_id, s.sync_date) l ON l.mapping_id = r.mapping_id AND l.sync_date = r.completed_at::date
WHERE r.completed_at IS NOT NULL AND r.kind <> 'verify'
GROUP BY t.name, m.name, c.name, m.object, g.target, r.completed_at::date
ORDER BY 6 DESC, 2;
COMMENT ON VIEW tandem.mapping_stats IS 'per mapping and day: rows written, errors, duration of its runs, latency of records';
COMMENT ON COLUMN tandem.mapping_stats.latency_p50 IS 'from a record''s change at the source to its commit here, give or take a tenth; of incremental mappings with a time as cursor, first readings left out';
