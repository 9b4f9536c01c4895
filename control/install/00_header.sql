\echo Use "CREATE EXTENSION pg_tandem" to load this file. \quit

-- Nothing below depends on who installs it: names resolve in pg_catalog only, our own are qualified.
SET LOCAL search_path TO pg_catalog, pg_temp;

-- The engine's role. It owns every object of the extension; what the engine does to its own tables it does as this
-- role, never as a superuser. A role of that name that could do more than that is refused.
DO $$
DECLARE
    r pg_catalog.pg_roles;
BEGIN
    IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
        RAISE EXCEPTION 'pg_tandem needs a database in encoding UTF8, and this one is in %', pg_catalog.getdatabaseencoding()
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'CREATE DATABASE ... ENCODING ''UTF8'' TEMPLATE template0;';
    END IF;
    SELECT * INTO r FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) 'tandem_owner';
    IF NOT FOUND THEN
        CREATE ROLE tandem_owner NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    ELSIF r.rolsuper OR r.rolcanlogin OR r.rolcreatedb OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls THEN
        RAISE EXCEPTION 'role tandem_owner exists and has more rights than the engine may have'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'ALTER ROLE tandem_owner NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;';
    ELSIF EXISTS (SELECT FROM pg_catalog.pg_auth_members m
                  WHERE m.roleid OPERATOR(pg_catalog.=) r.oid OR m.member OPERATOR(pg_catalog.=) r.oid) THEN
        RAISE EXCEPTION 'role tandem_owner exists and is a member of another role or has members, who could read credentials'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'REVOKE these memberships; SELECT roleid::regrole, member::regrole FROM pg_auth_members; lists them.';
    END IF;
END
$$;

CREATE SCHEMA tandem;
COMMENT ON SCHEMA tandem IS 'pg_tandem: keeps tables and outside systems in step';
