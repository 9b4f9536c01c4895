-- Who sees and touches what.
SET ROLE regress_tandem_app;
INSERT INTO tandem._tenant (name) VALUES ('evil');
UPDATE tandem._mapping SET owner = 10;
DELETE FROM tandem._sync_error;
SELECT * FROM tandem._credential;
SELECT * FROM tandem._seen;
SELECT * FROM tandem._field;
RESET ROLE;

-- Even a role that was given the tables sees nothing of what is the engine's alone, and changes nothing.
GRANT ALL ON ALL TABLES IN SCHEMA tandem TO regress_tandem_other;
SET ROLE regress_tandem_other;
SELECT count(*) FROM tandem._credential;
SELECT count(*) FROM tandem._contract;
DELETE FROM tandem._mapping;
UPDATE tandem._connection SET name = 'x';
INSERT INTO tandem._tenant (name) VALUES ('evil');
RESET ROLE;
REVOKE ALL ON tandem._credential, tandem._seen, tandem._field FROM regress_tandem_other;

-- Rows of another tenant are not there for callers.
SET ROLE tandem_owner;
INSERT INTO tandem._tenant (name) VALUES ('acme') RETURNING tenant_id AS acme \gset
INSERT INTO tandem._connection (tenant_id, name, connector_id, owner, owner_name)
    SELECT :acme, 'hidden', connector_id, 10, 'x' FROM tandem._connector WHERE name = 'rest';
SET ROLE regress_tandem_app;
SELECT name FROM tandem.tenants;
SELECT tenant, name FROM tandem.connections;
SELECT tandem.drop_connection('hidden');
SELECT tandem.drop_connection('hidden', tenant => 'acme');
SET ROLE tandem_owner;
DELETE FROM tandem._connection WHERE tenant_id = :acme;
DELETE FROM tandem._tenant WHERE tenant_id = :acme;
RESET ROLE;

-- The engine's own look-ups have no policy in them.
SET ROLE tandem_owner;
EXPLAIN (COSTS OFF) SELECT * FROM tandem._mapping WHERE mapping_id = 1;
RESET ROLE;

-- A role without any grant.
CREATE ROLE regress_tandem_nobody;
SET ROLE regress_tandem_nobody;
SELECT tandem.version();
RESET ROLE;
DROP ROLE regress_tandem_nobody;

-- Objects of the caller's do not get in the way of the engine's SQL.
SET ROLE regress_tandem_app;
CREATE TEMP TABLE pg_class (oid oid, relpersistence "char");
CREATE TEMP TABLE _mapping (x int);
CREATE FUNCTION pg_temp.format(text, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
SET search_path = pg_temp, public, pg_catalog;
SELECT mapping FROM tandem.mapping_status ORDER BY mapping;
SELECT count(*) FROM tandem.check_mapping('{"name": "x", "connection": "crm", "object": "teams", "target": "public.teams", "columns": {"id": "id"}}');
RESET search_path;
RESET ROLE;

-- What a dump takes along.
SELECT e.c::regclass AS table_name, e.w AS condition
FROM (SELECT unnest(extconfig) AS c, unnest(extcondition) AS w FROM pg_extension WHERE extname = 'pg_tandem') e ORDER BY e.c::regclass::text;
