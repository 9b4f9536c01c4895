CREATE VIEW tandem.schema_changes WITH (security_invoker = true) AS
SELECT s.change, t.name AS tenant, m.name AS mapping, c.name AS connection, m.object, s.side, s.kind, s.field, s.column_name,
       s.old_type, s.new_type, s.ddl, s.status, s.detected_at, s.last_seen_at, s.message
FROM tandem._schema_change s
JOIN tandem._mapping m ON m.mapping_id = s.mapping_id
JOIN tandem._tenant t ON t.tenant_id = s.tenant_id
JOIN tandem._connection c ON c.connection_id = m.connection_id;
COMMENT ON VIEW tandem.schema_changes IS 'what changed at the source (remote) or in the table (local) under a mapping, with the SQL that follows it';
COMMENT ON COLUMN tandem.schema_changes.ddl IS 'SQL to paste';
COMMENT ON COLUMN tandem.schema_changes.message IS 'why schema_change evolve could not do it';
