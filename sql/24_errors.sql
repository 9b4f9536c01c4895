-- Errors that applications report, and saying that they are dealt with.
SET ROLE regress_tandem_app;
SELECT tandem.record_sync_error('teams', 'API_ERROR', 'the other side said no', '{"id": 1, "big": 12345678901234567890.5}', false) AS first \gset
SELECT tandem.record_sync_error('teams', 'VALIDATION_ERROR', 'name is missing') > :first AS later;
SELECT tandem.record_sync_error('teams', 'API_EROR', 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.record_sync_error('teams', 'API_ERROR', NULL);
SELECT tandem.record_sync_error('tems', 'API_ERROR', 'x');

SELECT mapping, run, error_type, code, message, record, retryable, attempts, resolved_at IS NULL AS open FROM tandem.get_sync_errors('teams');
SELECT count(*) FROM tandem.get_sync_errors(max_rows => 1);
SELECT count(*) FROM tandem.get_sync_errors('contacts');
SELECT * FROM tandem.get_sync_errors('tems');
SELECT * FROM tandem.get_sync_errors(max_rows => -1);
SELECT mapping, error_type, code, count, sample, last_resolution FROM tandem.error_summary ORDER BY error_type;
SELECT status, status_reason, next_step, unresolved_errors FROM tandem.mapping_status WHERE mapping = 'teams';

SELECT tandem.resolve_sync_error(:first, 'called them');
SELECT tandem.resolve_sync_error(:first, 'again');
SELECT tandem.resolve_sync_error(-1);
\echo :LAST_ERROR_SQLSTATE
SELECT message, resolution_notes FROM tandem.get_sync_errors('teams', include_resolved => true);
SELECT tandem.resolve_sync_errors('teams', error_type => 'API_ERROR');
SELECT tandem.resolve_sync_errors('teams', before => '2000-01-01');
SELECT tandem.resolve_sync_errors('teams', code => 'TD601', notes => 'done');
SELECT tandem.resolve_sync_errors('teams', error_type => 'NO_ERROR');
SELECT status FROM tandem.mapping_status WHERE mapping = 'teams';

-- trying records again: what cannot be tried
SELECT tandem.retry_sync_error(:first);
SELECT tandem.retry_sync_error(-1);
SELECT tandem.retry_sync_error(NULL);
SELECT tandem.retry_failed_sync('teams');
SELECT tandem.retry_failed_sync('tems');

SET ROLE regress_tandem_other;
SELECT tandem.retry_failed_sync('teams');
SELECT tandem.record_sync_error('teams', 'API_ERROR', 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.resolve_sync_error(:first);
SELECT tandem.resolve_sync_errors('teams');
RESET ROLE;
