-- Row level security, forced: the engine's arm, and for everybody else the tenants they may act for, reading only.
-- `TO tandem_owner USING (true)` folds away, so that the engine's plans have no policy in them.

DO $$
DECLARE
    t name;
BEGIN
    FOR t IN SELECT c.relname FROM pg_catalog.pg_class c
              WHERE c.relnamespace = 'tandem'::regnamespace AND c.relkind = 'r'
    LOOP
        EXECUTE format('ALTER TABLE tandem.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE tandem.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY engine ON tandem.%I TO tandem_owner USING (true) WITH CHECK (true)', t);
    END LOOP;
END
$$;

CREATE POLICY caller ON tandem._tenant FOR SELECT TO PUBLIC USING (tenant_id IN (SELECT tandem._my_tenants()));
CREATE POLICY caller ON tandem._connection FOR SELECT TO PUBLIC USING (tenant_id IN (SELECT tandem._my_tenants()));
CREATE POLICY caller ON tandem._mapping FOR SELECT TO PUBLIC USING (tenant_id IN (SELECT tandem._my_tenants()));
CREATE POLICY caller ON tandem._run FOR SELECT TO PUBLIC USING (tenant_id IN (SELECT tandem._my_tenants()));
CREATE POLICY caller ON tandem._schema_change FOR SELECT TO PUBLIC USING (tenant_id IN (SELECT tandem._my_tenants()));
CREATE POLICY caller ON tandem._conflict FOR SELECT TO PUBLIC USING (tenant_id IN (SELECT tandem._my_tenants()));
CREATE POLICY caller ON tandem._sync_error FOR SELECT TO PUBLIC USING (tenant_id IN (SELECT tandem._my_tenants()));
CREATE POLICY caller ON tandem._outbox_item FOR SELECT TO PUBLIC USING (tenant_id IN (SELECT tandem._my_tenants()));
-- A run, a mapping that the caller sees, by the policies above.
CREATE POLICY caller ON tandem._run_log FOR SELECT TO PUBLIC USING (run IN (SELECT r.run FROM tandem._run r));
CREATE POLICY caller ON tandem._child_table FOR SELECT TO PUBLIC USING (mapping_id IN (SELECT m.mapping_id FROM tandem._mapping m));
CREATE POLICY caller ON tandem._contract FOR SELECT TO PUBLIC USING (mapping_id IN (SELECT m.mapping_id FROM tandem._mapping m));
CREATE POLICY caller ON tandem._record_log FOR SELECT TO PUBLIC USING (mapping_id IN (SELECT m.mapping_id FROM tandem._mapping m));
CREATE POLICY caller ON tandem._pending_delete FOR SELECT TO PUBLIC USING (mapping_id IN (SELECT m.mapping_id FROM tandem._mapping m));
CREATE POLICY caller ON tandem._event_subscription FOR SELECT TO PUBLIC USING (mapping_id IN (SELECT m.mapping_id FROM tandem._mapping m));
-- These belong to the database. _credential, _difference, _seen, _deletion, _field, _capture and _outbox have no caller's arm: nobody
-- reads them but the engine; run_differences() looks first whether its caller may read the table whose values it shows.
CREATE POLICY caller ON tandem._instance FOR SELECT TO PUBLIC USING (true);
CREATE POLICY caller ON tandem._connector FOR SELECT TO PUBLIC USING (true);

-- What a dump takes along: definitions, and with how far reading has come what is known of the rows: contracts, without
-- which no row that is gone could be found any more. Not credentials, not runs and errors, which mean nothing elsewhere.
-- _instance goes with them so that the restored database knows that it is a copy.
SELECT pg_catalog.pg_extension_config_dump('tandem._instance', '');
SELECT pg_catalog.pg_extension_config_dump('tandem._tenant', 'WHERE name OPERATOR(pg_catalog.<>) ''default''');
SELECT pg_catalog.pg_extension_config_dump('tandem._connector', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('tandem._connection', '');
SELECT pg_catalog.pg_extension_config_dump('tandem._mapping', '');
SELECT pg_catalog.pg_extension_config_dump('tandem._child_table', '');
SELECT pg_catalog.pg_extension_config_dump('tandem._event_subscription', '');
SELECT pg_catalog.pg_extension_config_dump('tandem._contract', '');
SELECT pg_catalog.pg_extension_config_dump('tandem._pending_delete', 'WHERE uncovered');
SELECT pg_catalog.pg_extension_config_dump('tandem._contract_ordinal_seq', '');
SELECT pg_catalog.pg_extension_config_dump('tandem._tenant_tenant_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('tandem._connector_connector_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('tandem._connection_connection_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('tandem._mapping_mapping_id_seq', '');

REVOKE ALL ON SCHEMA tandem FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA tandem FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA tandem FROM PUBLIC;
REVOKE ALL ON ALL ROUTINES IN SCHEMA tandem FROM PUBLIC;

-- Everything belongs to the engine's role, so that it needs no grant and no superuser to work on its own tables.
DO $$
DECLARE
    item record;
BEGIN
    ALTER SCHEMA tandem OWNER TO tandem_owner;
    FOR item IN SELECT c.oid::regclass AS name,
                       CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
                  FROM pg_catalog.pg_class c
                 WHERE c.relnamespace = 'tandem'::regnamespace AND c.relkind IN ('r', 'v', 'S')
                   -- the sequence of an identity column follows its table
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'i'
                                      AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass)
    LOOP
        EXECUTE format('ALTER %s %s OWNER TO tandem_owner', item.kind, item.name);
    END LOOP;
    ALTER TYPE tandem._expression OWNER TO tandem_owner;
    FOR item IN SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'tandem'::regnamespace
    LOOP
        EXECUTE format('ALTER ROUTINE %s OWNER TO tandem_owner', item.name);
    END LOOP;
END
$$;
