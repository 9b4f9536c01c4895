-- What people do about local changes on their way out.

CREATE FUNCTION tandem.resync(mapping text, keys jsonb DEFAULT NULL, tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_resync';
COMMENT ON FUNCTION tandem.resync(text, jsonb, text) IS
    'looks at local rows once more and sends what differs from what was sent last: all of them, giving the run, or those of an array of keys, giving how many';

CREATE FUNCTION tandem.wait_for_sync(mapping text, key jsonb, timeout interval DEFAULT '5 min', tenant text DEFAULT tandem.current_tenant())
RETURNS text LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_wait_for_sync';
COMMENT ON FUNCTION tandem.wait_for_sync(text, jsonb, interval, text) IS
    'waits until the other side has acknowledged a local row as it is now: synced, or parked or ambiguous where a person has to look, or pending when the time is over';

CREATE FUNCTION tandem.discard_change(error bigint, notes text DEFAULT NULL, tenant text DEFAULT tandem.current_tenant())
RETURNS boolean LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_discard_change';
COMMENT ON FUNCTION tandem.discard_change(bigint, text, text) IS
    'gives up the local change that an error is about, and marks it as dealt with; the row stays as it is here. False when there is no such change';
