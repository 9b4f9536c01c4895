CREATE FUNCTION tandem.doctor(mapping text DEFAULT NULL, tenant text DEFAULT tandem.current_tenant())
RETURNS TABLE (check_name text, status text, detail text, fix text)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_doctor';
COMMENT ON FUNCTION tandem.doctor(text, text) IS 'what is missing or wrong in this installation, or with one mapping; each fix can be pasted';

CREATE FUNCTION tandem.version()
RETURNS text LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tandem_version';
COMMENT ON FUNCTION tandem.version() IS 'pg_tandem, PostgreSQL and the libraries in use, in one line';
