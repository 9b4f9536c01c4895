-- Views run with the rights of whoever asks (security_invoker): the tables' policies decide which tenants are seen.

CREATE VIEW tandem.tenants WITH (security_invoker = true) AS
SELECT t.tenant_id, t.name, t.tenant_key, t.label, t.external_id, t.metadata, t.created_at
FROM tandem._tenant t;
COMMENT ON VIEW tandem.tenants IS 'the tenants you may act for';

CREATE VIEW tandem.connectors WITH (security_invoker = true) AS
SELECT k.connector_id, k.name, k.manifest ->> 'title' AS title, k.manifest ->> 'version' AS version,
       k.manifest ->> 'description' AS description, k.builtin,
       -- What a manifest leaves to its connections may be either.
       CASE WHEN k.manifest -> 'objects' IS NULL OR pg_catalog.jsonb_path_exists(k.manifest, '$.objects.*.write')
            THEN '{pull,push}'::text[] ELSE '{pull}'::text[] END AS capabilities, k.manifest,
       k.created_at, k.updated_at
FROM tandem._connector k;
COMMENT ON VIEW tandem.connectors IS 'the systems that can be connected to, each described by a manifest';

CREATE VIEW tandem.connections WITH (security_invoker = true) AS
SELECT c.connection_id, c.connection_uuid AS uuid, t.name AS tenant, c.name, k.name AS connector, c.config, c.label,
       c.metadata, c.enabled, c.paused, c.owner_name AS owner, c.version, c.created_at, c.updated_at
FROM tandem._connection c
JOIN tandem._tenant t ON t.tenant_id = c.tenant_id
JOIN tandem._connector k ON k.connector_id = c.connector_id;
COMMENT ON VIEW tandem.connections IS 'accounts on connectors as they were given, without credentials: those never come back out';

CREATE VIEW tandem.mappings WITH (security_invoker = true) AS
SELECT m.mapping_id, m.mapping_uuid AS uuid, t.name AS tenant, m.name, c.name AS connection, m.object,
       coalesce((SELECT format('%I.%I', n.nspname, r.relname) FROM pg_catalog.pg_class r
                   JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace WHERE r.oid = m.target), m.target_name) AS target,
       m.definition ->> 'direction' AS direction, m.definition -> 'columns' AS columns,
       m.definition -> 'key' AS key, m.definition -> 'match_on' AS match_on, m.definition ->> 'sync_mode' AS sync_mode,
       m.definition ->> 'cursor_field' AS cursor_field, m.definition ->> 'write_mode' AS write_mode, m.schedule,
       m.definition -> 'conditions' AS conditions, m.definition ->> 'conflict_resolution' AS conflict_resolution,
       m.definition ->> 'delete_mode' AS delete_mode,
       m.definition -> 'options' AS options, m.enabled, m.paused, m.label, m.metadata, m.owner_name AS owner,
       m.definition_version, m.created_at, m.updated_at
FROM tandem._mapping m
JOIN tandem._tenant t ON t.tenant_id = m.tenant_id
JOIN tandem._connection c ON c.connection_id = m.connection_id;
COMMENT ON VIEW tandem.mappings IS 'remote objects and their tables, as they were given, defaults filled in';

CREATE VIEW tandem.mapping_options WITH (security_invoker = true) AS
SELECT o.option, o.type, o."default", o.direction, o.meaning
FROM tandem._mapping_options() o;
COMMENT ON VIEW tandem.mapping_options IS 'what create_mapping(options => ...) knows';

CREATE VIEW tandem.mappable_tables WITH (security_invoker = true) AS
SELECT n.nspname AS table_schema, r.relname AS table_name,
       (SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                                            'not_null', a.attnotnull, 'has_default', a.atthasdef OR a.attidentity <> '',
                                            'generated', a.attgenerated <> '') ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped) AS table_columns,
       (SELECT array_agg(a.attname ORDER BY k.ordinal)
          FROM pg_catalog.pg_index i
          CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, ordinal)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE i.indrelid = r.oid AND i.indisprimary AND k.ordinal <= i.indnkeyatts)::text[] AS primary_key,
       (SELECT array_agg(m.name ORDER BY m.name) FROM tandem._mapping m WHERE m.target = r.oid) AS mapped_by
FROM pg_catalog.pg_class r
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition AND r.relpersistence <> 't'
  AND n.nspname NOT IN ('tandem', 'pg_catalog', 'information_schema')
  AND has_schema_privilege(n.oid, 'USAGE')
  AND has_table_privilege(r.oid, 'SELECT') AND has_table_privilege(r.oid, 'INSERT') AND has_table_privilege(r.oid, 'UPDATE');
COMMENT ON VIEW tandem.mappable_tables IS 'the tables that the current user could map, with columns, primary key and the mappings that write them';
