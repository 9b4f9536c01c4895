CREATE FUNCTION tandem.create_connection(
    name text,
    connector text,
    config jsonb DEFAULT '{}',
    credentials jsonb DEFAULT NULL,
    label text DEFAULT NULL,
    metadata jsonb DEFAULT '{}',
    if_not_exists boolean DEFAULT false,
    tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_create_connection';
COMMENT ON FUNCTION tandem.create_connection(text, text, jsonb, jsonb, text, jsonb, boolean, text) IS
    'makes a connection, one account on one connector, owned by the current user; gives its id. Nothing is sent: tandem.test_connection(name) tries it';

CREATE FUNCTION tandem.alter_connection(name text, changes jsonb, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_alter_connection';
COMMENT ON FUNCTION tandem.alter_connection(text, jsonb, text) IS
    'changes a connection by a JSON merge patch with the argument names of create_connection; another host drops the credentials';

CREATE FUNCTION tandem.drop_connection(name text, "cascade" boolean DEFAULT false, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_drop_connection';
COMMENT ON FUNCTION tandem.drop_connection(text, boolean, text) IS
    'removes a connection and its credentials; with "cascade" => true its mappings too. Your tables stay as they are';

CREATE FUNCTION tandem.enable_connection(name text, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_enable_connection';
COMMENT ON FUNCTION tandem.enable_connection(text, text) IS 'lets the mappings of a connection run again';

CREATE FUNCTION tandem.disable_connection(name text, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_disable_connection';
COMMENT ON FUNCTION tandem.disable_connection(text, text) IS 'keeps all mappings of a connection from running';

CREATE FUNCTION tandem.pause_connection(name text, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_pause_connection';
COMMENT ON FUNCTION tandem.pause_connection(text, text) IS 'starts no run of the connection''s mappings until resume_connection; a run in progress ends';

CREATE FUNCTION tandem.resume_connection(name text, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_resume_connection';
COMMENT ON FUNCTION tandem.resume_connection(text, text) IS 'ends a pause of a connection';

CREATE FUNCTION tandem.set_credentials(connection text, credentials jsonb, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_set_credentials';
COMMENT ON FUNCTION tandem.set_credentials(text, jsonb, text) IS
    'stores credentials of a connection: given keys replace, others stay, null removes; {"file": "name"} reads one from tandem.secrets_directory (superusers only)';
