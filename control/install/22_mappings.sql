CREATE FUNCTION tandem.create_mapping(
    name text,
    connection text,
    object text,
    target regclass,
    columns jsonb DEFAULT NULL,
    key text[] DEFAULT NULL,
    match_on text[] DEFAULT NULL,
    direction text DEFAULT 'pull',
    sync_mode text DEFAULT NULL,
    cursor_field text DEFAULT NULL,
    write_mode text DEFAULT 'upsert',
    schedule text DEFAULT NULL,
    conditions jsonb DEFAULT NULL,
    conflict_resolution text DEFAULT 'latest_wins',
    delete_mode text DEFAULT 'ignore',
    options jsonb DEFAULT '{}',
    enabled boolean DEFAULT true,
    label text DEFAULT NULL,
    metadata jsonb DEFAULT '{}',
    if_not_exists boolean DEFAULT false,
    tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_create_mapping';
COMMENT ON FUNCTION tandem.create_mapping(text, text, text, regclass, jsonb, text[], text[], text, text, text, text, text, jsonb, text, text, jsonb, boolean, text, jsonb, boolean, text) IS
    'maps a remote object to a local table, one way or both; the current user owns the mapping and its rights are used. Gives its id';

CREATE FUNCTION tandem.alter_mapping(name text, changes jsonb, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_alter_mapping';
COMMENT ON FUNCTION tandem.alter_mapping(text, jsonb, text) IS
    'changes a mapping by a JSON merge patch with the argument names of create_mapping: {"columns": {"Fax": null}} removes a column';

CREATE FUNCTION tandem.copy_mapping(
    name text,
    new_name text,
    changes jsonb DEFAULT '{}',
    to_tenant text DEFAULT NULL,
    tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_copy_mapping';
COMMENT ON FUNCTION tandem.copy_mapping(text, text, jsonb, text, text) IS
    'makes another mapping like this one, with changes as in alter_mapping; it has read nothing yet. Gives its id';

CREATE FUNCTION tandem.drop_mapping(name text, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_drop_mapping';
COMMENT ON FUNCTION tandem.drop_mapping(text, text) IS 'removes a mapping with its runs and errors; your table and its rows stay';

CREATE FUNCTION tandem.enable_mapping(name text, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_enable_mapping';
COMMENT ON FUNCTION tandem.enable_mapping(text, text) IS 'lets a mapping run again, by its schedule and by hand';

CREATE FUNCTION tandem.disable_mapping(name text, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_disable_mapping';
COMMENT ON FUNCTION tandem.disable_mapping(text, text) IS 'keeps a mapping from running';

CREATE FUNCTION tandem.pause_mapping(name text, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_pause_mapping';
COMMENT ON FUNCTION tandem.pause_mapping(text, text) IS 'starts no run of a mapping until resume_mapping; a run in progress ends';

CREATE FUNCTION tandem.resume_mapping(name text, tenant text DEFAULT tandem.current_tenant())
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_resume_mapping';
COMMENT ON FUNCTION tandem.resume_mapping(text, text) IS 'ends a pause of a mapping; its schedule goes on from now';

CREATE FUNCTION tandem.reset_cursor(mapping text, "cursor" text DEFAULT NULL, tenant text DEFAULT tandem.current_tenant())
RETURNS text LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_reset_cursor';
COMMENT ON FUNCTION tandem.reset_cursor(text, text, text) IS
    'the next run reads from this cursor on, or from the beginning; gives the cursor there was';

CREATE FUNCTION tandem.export_mapping(name text, tenant text DEFAULT tandem.current_tenant())
RETURNS text LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tandem_export_mapping';
COMMENT ON FUNCTION tandem.export_mapping(text, text) IS 'the SQL that makes this mapping again';

CREATE FUNCTION tandem.validate_mapping(name text, tenant text DEFAULT tandem.current_tenant())
RETURNS TABLE (severity text, code text, field text, column_name text, message text, hint text)
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tandem_validate_mapping';
COMMENT ON FUNCTION tandem.validate_mapping(text, text) IS 'compares a mapping with its table as both are now; no row: nothing is wrong';

CREATE FUNCTION tandem.check_mapping(definition jsonb, tenant text DEFAULT tandem.current_tenant())
RETURNS TABLE (severity text, code text, field text, column_name text, message text, hint text)
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tandem_check_mapping';
COMMENT ON FUNCTION tandem.check_mapping(jsonb, text) IS 'what create_mapping would say to arguments given as one object; nothing is made';

CREATE TYPE tandem._expression AS (value text, record jsonb);
COMMENT ON TYPE tandem._expression IS 'the names that the SQL of a column knows';

CREATE FUNCTION tandem._mapping_options()
RETURNS TABLE (option text, type text, "default" text, direction text, meaning text)
LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME', 'tandem__mapping_options';
COMMENT ON FUNCTION tandem._mapping_options() IS 'behind view mapping_options';
