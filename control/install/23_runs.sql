-- Running mappings by hand, and what a schedule means.

CREATE FUNCTION tandem.sync_now(
    mapping text,
    "full" boolean DEFAULT false,
    params jsonb DEFAULT '{}',
    tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_sync_now';
COMMENT ON FUNCTION tandem.sync_now(text, boolean, jsonb, text) IS
    'asks for a run, which starts when this transaction commits; gives its number, or that of the one already waiting';

CREATE PROCEDURE tandem.sync(
    mapping text,
    "full" boolean DEFAULT false,
    timeout interval DEFAULT '5 min',
    tenant text DEFAULT tandem.current_tenant())
LANGUAGE c AS 'MODULE_PATHNAME', 'tandem_sync';
COMMENT ON PROCEDURE tandem.sync(text, boolean, interval, text) IS
    'starts a run, commits and waits for its end without holding a snapshot; an error when the run fails';

CREATE FUNCTION tandem.wait_for_run(run bigint, timeout interval DEFAULT '5 min')
RETURNS text LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_wait_for_run';
COMMENT ON FUNCTION tandem.wait_for_run(bigint, interval) IS
    'waits until a run has ended and gives its status; when the time is over, the status it has then';

CREATE FUNCTION tandem.cancel_run(run bigint)
RETURNS boolean LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_cancel_run';
COMMENT ON FUNCTION tandem.cancel_run(bigint) IS
    'ends a run: a pending one at once, a running one after the page in hand; false when it had ended already';

CREATE FUNCTION tandem.next_runs(schedule text, count int DEFAULT 5)
RETURNS SETOF timestamptz LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tandem_next_runs';
COMMENT ON FUNCTION tandem.next_runs(text, int) IS 'when a schedule is due next';

CREATE FUNCTION tandem.describe_schedule(schedule text)
RETURNS text LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'tandem_describe_schedule';
COMMENT ON FUNCTION tandem.describe_schedule(text) IS 'a schedule in plain words';

CREATE FUNCTION tandem.verify_now(mapping text, tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_verify_now';
COMMENT ON FUNCTION tandem.verify_now(text, text) IS
    'asks for a run that reads everything, compares it with the table and writes nothing; gives its number, or that of the one under way';

CREATE FUNCTION tandem.run_differences(run bigint)
RETURNS TABLE (kind text, origin_id text, local_key jsonb, column_name text, local_value text, remote_value text, message text)
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tandem_run_differences';
COMMENT ON FUNCTION tandem.run_differences(bigint) IS
    'what verify_now found: missing_here, missing_there, differs, or unusable where a record does not fit the table';
