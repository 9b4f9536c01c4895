CREATE FUNCTION tandem.record_sync_error(
    mapping text,
    error_type text,
    message text,
    record jsonb DEFAULT NULL,
    retryable boolean DEFAULT true,
    tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_record_sync_error';
COMMENT ON FUNCTION tandem.record_sync_error(text, text, text, jsonb, boolean, text) IS 'reports an error that an application found in a mapping''s data; gives its number';

CREATE FUNCTION tandem.resolve_sync_error(
    error bigint,
    notes text DEFAULT NULL,
    remote_id text DEFAULT NULL,
    tenant text DEFAULT tandem.current_tenant())
RETURNS boolean LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_resolve_sync_error';
COMMENT ON FUNCTION tandem.resolve_sync_error(bigint, text, text, text) IS
    'marks an error as dealt with; false if it was already. remote_id, of a local change: the row is this record at the other side';

CREATE FUNCTION tandem.resolve_sync_errors(
    mapping text,
    code text DEFAULT NULL,
    error_type text DEFAULT NULL,
    before timestamptz DEFAULT NULL,
    notes text DEFAULT NULL,
    tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_resolve_sync_errors';
COMMENT ON FUNCTION tandem.resolve_sync_errors(text, text, text, timestamptz, text, text) IS
    'marks all open errors of a mapping as dealt with, or those of a code, a class, or before a moment; gives how many';

CREATE FUNCTION tandem.retry_failed_sync(mapping text, tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_retry_failed_sync';
COMMENT ON FUNCTION tandem.retry_failed_sync(text, text) IS
    'tries the stored records of all retryable open errors of a mapping again, without asking the other side; gives the run, null when there is none';

CREATE FUNCTION tandem.retry_sync_error(error bigint, tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_retry_sync_error';
COMMENT ON FUNCTION tandem.retry_sync_error(bigint, text) IS
    'tries the stored record of one open error again, retryable or not, without asking the other side; gives the run';
