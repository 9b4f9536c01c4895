-- Batches from applications: records that go out through a mapping without rows of their own.

CREATE FUNCTION tandem.push_records(mapping text, records jsonb, tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_push_records';
COMMENT ON FUNCTION tandem.push_records(text, jsonb, text) IS
    'hands over an array of records, objects with the mapping''s local columns, which are sent as its rows are; gives the batch, for batch_status()';

CREATE FUNCTION tandem.batch_status(batch bigint, tenant text DEFAULT tandem.current_tenant(),
    OUT mapping text, OUT status text, OUT records bigint, OUT pending bigint, OUT sent bigint, OUT failed bigint, OUT ambiguous bigint, OUT skipped bigint,
    OUT requested_by text, OUT requested_at timestamptz, OUT completed_at timestamptz, OUT results jsonb)
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tandem_batch_status';
COMMENT ON FUNCTION tandem.batch_status(bigint, text) IS
    'what became of a batch: how many of its records are pending, sent, failed, ambiguous or skipped, and in results position, state, remote_id and error of each';
