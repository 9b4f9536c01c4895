\echo Use "CREATE EXTENSION pg_tandem" to load this file. \quit

-- Nothing below depends on who installs it: names resolve in pg_catalog only, our own are qualified.
SET LOCAL search_path TO pg_catalog, pg_temp;

-- The engine's role. It owns every object of the extension; what the engine does to its own tables it does as this
-- role, never as a superuser. A role of that name that could do more than that is refused.
DO $$
DECLARE
    r pg_catalog.pg_roles;
BEGIN
    SELECT * INTO r FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) 'tandem_owner';
    IF NOT FOUND THEN
        CREATE ROLE tandem_owner NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    ELSIF r.rolsuper OR r.rolcanlogin OR r.rolcreatedb OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls THEN
        RAISE EXCEPTION 'role tandem_owner exists and has more rights than the engine may have'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'ALTER ROLE tandem_owner NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;';
    END IF;
END
$$;

CREATE SCHEMA tandem;
COMMENT ON SCHEMA tandem IS 'pg_tandem: keeps tables and outside systems in step';
