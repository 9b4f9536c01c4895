CREATE VIEW tandem.sync_errors WITH (security_invoker = true) AS
SELECT e.error, t.name AS tenant, m.name AS mapping, e.run, e.error_type, e.code, e.origin_id, e.field, e.column_name,
       e.message, e.suggestion, e.record, e.record_text, e.retryable, e.attempts, e.next_attempt_at, e.created_at,
       e.last_seen_at, e.resolved_at, e.resolution_notes
FROM tandem._sync_error e
JOIN tandem._tenant t ON t.tenant_id = e.tenant_id
JOIN tandem._mapping m ON m.mapping_id = e.mapping_id;
COMMENT ON VIEW tandem.sync_errors IS 'records and runs that failed: class, code, message, the record, what to do about it';
COMMENT ON COLUMN tandem.sync_errors.record_text IS 'the record, escaped, when jsonb cannot hold it';

CREATE VIEW tandem.error_summary WITH (security_invoker = true) AS
SELECT e.tenant, e.mapping, e.error_type, e.code, count(*) FILTER (WHERE e.resolved_at IS NULL) AS count,
       min(e.created_at) FILTER (WHERE e.resolved_at IS NULL) AS first_seen,
       max(e.last_seen_at) FILTER (WHERE e.resolved_at IS NULL) AS last_seen,
       (array_agg(e.message ORDER BY e.last_seen_at DESC, e.error DESC) FILTER (WHERE e.resolved_at IS NULL))[1] AS sample,
       (array_agg(e.suggestion ORDER BY e.last_seen_at DESC, e.error DESC) FILTER (WHERE e.resolved_at IS NULL))[1] AS suggestion,
       (array_agg(e.resolution_notes ORDER BY e.resolved_at DESC) FILTER (WHERE e.resolution_notes IS NOT NULL))[1] AS last_resolution
FROM tandem.sync_errors e
GROUP BY e.tenant, e.mapping, e.error_type, e.code
HAVING count(*) FILTER (WHERE e.resolved_at IS NULL) > 0;
COMMENT ON VIEW tandem.error_summary IS 'open errors per mapping, class and code, with how the last ones of the kind were resolved';

CREATE FUNCTION tandem.get_sync_errors(
    mapping text DEFAULT NULL,
    include_resolved boolean DEFAULT false,
    max_rows int DEFAULT 100,
    tenant text DEFAULT tandem.current_tenant())
RETURNS SETOF tandem.sync_errors LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tandem_get_sync_errors';
COMMENT ON FUNCTION tandem.get_sync_errors(text, boolean, int, text) IS 'errors of a mapping or of all, newest first';
