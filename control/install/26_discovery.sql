-- Looking at the other side while you wait.

CREATE FUNCTION tandem.test_connection(
    name text, tenant text DEFAULT tandem.current_tenant(),
    OUT ok boolean, OUT status text, OUT latency_ms numeric, OUT detail text)
RETURNS record LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_test_connection';
COMMENT ON FUNCTION tandem.test_connection(text, text) IS 'asks the other side for one page and says how that went';

CREATE FUNCTION tandem.list_objects(connection text, tenant text DEFAULT tandem.current_tenant())
RETURNS TABLE (object text, label text, can_read boolean, can_create boolean, can_update boolean, can_delete boolean)
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tandem_list_objects';
COMMENT ON FUNCTION tandem.list_objects(text, text) IS 'what there is to sync on a connection';

CREATE FUNCTION tandem.list_fields(connection text, object text, tenant text DEFAULT tandem.current_tenant())
RETURNS TABLE (field text, label text, data_type text, remote_type text, pg_type text, required boolean, read_only boolean,
               is_key boolean, max_length bigint, choices jsonb)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_list_fields';
COMMENT ON FUNCTION tandem.list_fields(text, text, text) IS 'the fields of an object, told from the records of its first page';

CREATE FUNCTION tandem.create_table_for(
    connection text, object text, target text, fields text[] DEFAULT NULL, tenant text DEFAULT tandem.current_tenant())
RETURNS regclass LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_create_table_for';
COMMENT ON FUNCTION tandem.create_table_for(text, text, text, text[], text) IS
    'makes a table that fits an object, with its key as primary key; you own it';
