-- Trying a mapping: what a run would do, done and undone while you wait.

CREATE FUNCTION tandem.preview_mapping(name text, rows int DEFAULT 10, tenant text DEFAULT tandem.current_tenant())
RETURNS TABLE (action text, origin_id text, local_key jsonb, record jsonb, request jsonb, error_type text, error_message text)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_preview_mapping';
COMMENT ON FUNCTION tandem.preview_mapping(text, int, text) IS
    'applies real records to the real table one by one, says what became of each, and undoes it; of a push: the requests that it would send, and sends nothing; with your rights';

CREATE FUNCTION tandem.explain_mapping(name text, "execute" boolean DEFAULT false, tenant text DEFAULT tandem.current_tenant())
RETURNS SETOF text
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_explain_mapping';
COMMENT ON FUNCTION tandem.explain_mapping(text, boolean, text) IS
    'what a run would do: requests, statements with their plans, locks; execute: with the times of one page, written and undone';

CREATE FUNCTION tandem.explain_row(mapping text, key jsonb, tenant text DEFAULT tandem.current_tenant())
RETURNS TABLE (column_name text, value text, side text, run bigint, rule text, at timestamptz)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_explain_row';
COMMENT ON FUNCTION tandem.explain_row(text, jsonb, text) IS
    'column by column, which side, run and rule of the mapping a row''s value came from, as far as that is kept; key: the columns of a unique key; you see what you may read';
