-- Notice what happens to mapped tables. They never fail a command, and look nothing up unless a table is concerned.

CREATE EVENT TRIGGER tandem_notice_ddl ON ddl_command_end WHEN TAG IN ('ALTER TABLE', 'ALTER SCHEMA') EXECUTE FUNCTION tandem._notice_ddl();
COMMENT ON EVENT TRIGGER tandem_notice_ddl IS 'notices columns of mapped tables that were renamed, retyped or dropped, and names that tables were given';

CREATE EVENT TRIGGER tandem_notice_drop ON sql_drop EXECUTE FUNCTION tandem._notice_drop();
COMMENT ON EVENT TRIGGER tandem_notice_drop IS 'notices mapped tables and columns that were dropped';
