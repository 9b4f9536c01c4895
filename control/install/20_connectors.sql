-- Connectors belong to the database: whoever may execute these functions administers them.

CREATE FUNCTION tandem.create_connector(name text, manifest jsonb, if_not_exists boolean DEFAULT false)
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_create_connector';
COMMENT ON FUNCTION tandem.create_connector(text, jsonb, boolean) IS 'makes a connector from its manifest; gives its id';

CREATE FUNCTION tandem.validate_connector(manifest jsonb)
RETURNS TABLE (severity text, path text, message text, hint text)
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tandem_validate_connector';
COMMENT ON FUNCTION tandem.validate_connector(jsonb) IS 'what create_connector would say about a manifest, all of it; no row: nothing is wrong';

CREATE FUNCTION tandem.drop_connector(name text)
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_drop_connector';
COMMENT ON FUNCTION tandem.drop_connector(text) IS 'removes a connector that no connection uses';

CREATE FUNCTION tandem.connector_settings(connector text)
RETURNS TABLE (name text, kind text, data_type text, required boolean, secret boolean, default_value text, label text, help text, choices jsonb)
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tandem_connector_settings';
COMMENT ON FUNCTION tandem.connector_settings(text) IS 'what a connection of this connector has to be given, so that an application can draw its form';
