-- What CREATE EXTENSION makes: owned by the engine's role, commented, granted to nobody else.
CREATE EXTENSION pg_tandem;

SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication FROM pg_roles WHERE rolname = 'tandem_owner';

-- Members of the extension that belong to somebody else: none.
SELECT pg_describe_object(d.classid, d.objid, 0)
FROM pg_depend d
LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
LEFT JOIN pg_namespace n ON d.classid = 'pg_namespace'::regclass AND n.oid = d.objid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tandem')
  AND coalesce(c.relowner, p.proowner, n.nspowner) IS DISTINCT FROM 'tandem_owner'::regrole
  AND coalesce(c.oid, p.oid, n.oid) IS NOT NULL
ORDER BY 1;

-- Without a comment: none.
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'tandem'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL;
SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'tandem'::regnamespace AND c.relkind IN ('r', 'v')
   AND obj_description(c.oid, 'pg_class') IS NULL;

-- Granted to anybody but the owner: nothing.
SELECT c.oid::regclass FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
WHERE c.relnamespace = 'tandem'::regnamespace AND c.relkind IN ('r', 'v', 'S') AND a.grantee <> c.relowner;
SELECT p.oid::regprocedure FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE p.pronamespace = 'tandem'::regnamespace AND a.grantee <> p.proowner;

-- Tables without forced row level security, and views that do not run with the rights of whoever asks.
SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'tandem'::regnamespace AND c.relkind = 'r'
   AND NOT (c.relrowsecurity AND c.relforcerowsecurity);
SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'tandem'::regnamespace AND c.relkind = 'v'
   AND NOT coalesce(c.reloptions @> '{security_invoker=true}', false) ORDER BY 1;

-- The roles of the other tests.
CREATE ROLE regress_tandem_super SUPERUSER LOGIN;
CREATE ROLE regress_tandem_app LOGIN;
CREATE ROLE regress_tandem_other LOGIN;
CREATE ROLE regress_tandem_group NOLOGIN;
GRANT USAGE ON SCHEMA tandem TO regress_tandem_app, regress_tandem_other, regress_tandem_group;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tandem TO regress_tandem_app, regress_tandem_other, regress_tandem_group;
GRANT SELECT ON tandem.outbox, tandem._outbox_item, tandem.tenants, tandem.connectors, tandem.connections, tandem.mappings, tandem.mapping_options, tandem.mappable_tables,
    tandem.connection_status, tandem.mapping_status, tandem.recent_runs, tandem.run_progress, tandem.run_log, tandem.record_log, tandem.sync_stats,
    tandem.mapping_stats, tandem.sync_errors, tandem.error_summary, tandem._held_back, tandem._held_up, tandem._instance, tandem._tenant,
    tandem._connector, tandem._connection, tandem._mapping, tandem._run, tandem._run_log, tandem._record_log, tandem._sync_error,
    tandem.contracts, tandem._contract, tandem.pending_deletes, tandem._pending_delete,
    tandem.schema_changes, tandem._schema_change
TO regress_tandem_app, regress_tandem_other;
GRANT CREATE ON SCHEMA public TO regress_tandem_app;
