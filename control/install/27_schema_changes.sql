CREATE FUNCTION tandem.ignore_schema_change(change bigint, tenant text DEFAULT tandem.current_tenant())
RETURNS boolean LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_ignore_schema_change';
COMMENT ON FUNCTION tandem.ignore_schema_change(bigint, text) IS
    'an open change of schema_changes is known and stays as it is; false when it was not open';

CREATE FUNCTION tandem._notice_ddl()
RETURNS event_trigger LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem__notice_ddl';
COMMENT ON FUNCTION tandem._notice_ddl() IS 'behind event trigger tandem_notice_ddl: a mapped table was altered';

CREATE FUNCTION tandem._notice_drop()
RETURNS event_trigger LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem__notice_drop';
COMMENT ON FUNCTION tandem._notice_drop() IS 'behind event trigger tandem_notice_drop: a mapped table or column was dropped';
