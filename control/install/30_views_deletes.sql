CREATE VIEW tandem.pending_deletes WITH (security_invoker = true) AS
SELECT t.name AS tenant, m.name AS mapping, p.origin_id, p.local_key, p.run, p.detected_at,
       CASE WHEN p.uncovered THEN 'not asked for' ELSE 'too many' END AS reason
FROM tandem._pending_delete p
JOIN tandem._mapping m ON m.mapping_id = p.mapping_id
JOIN tandem._tenant t ON t.tenant_id = m.tenant_id;
COMMENT ON VIEW tandem.pending_deletes IS 'rows whose record is not shown any more, kept because too many would have gone at once or because listings do not ask for it: until approve_deletes()';
COMMENT ON COLUMN tandem.pending_deletes.reason IS
    'too many: would have gone at once; not asked for: what listings ask for was changed, and they do not show the record since';
COMMENT ON COLUMN tandem.pending_deletes.local_key IS 'the match columns'' values; null where they are those of origin_id';

-- Where contracts are not stored, the target says what they would: read with the rights of whoever asks.
CREATE FUNCTION tandem._derives_contracts(mapping_id bigint)
RETURNS boolean LANGUAGE c STABLE COST 10000 AS 'MODULE_PATHNAME', 'tandem__derives_contracts';
COMMENT ON FUNCTION tandem._derives_contracts(bigint) IS 'whether the contracts of a mapping are not stored, for view contracts';
CREATE FUNCTION tandem._derived_contracts(mapping_id bigint)
RETURNS TABLE (origin_id text, local_key jsonb) LANGUAGE c STABLE COST 10000 ROWS 10000 AS 'MODULE_PATHNAME', 'tandem__derived_contracts';
COMMENT ON FUNCTION tandem._derived_contracts(bigint) IS 'contracts that are not stored, read from the target as the caller, for view contracts';

CREATE VIEW tandem.contracts WITH (security_invoker = true) AS
SELECT t.name AS tenant, m.name AS mapping, c.origin_id, c.local_key, c.hash, c.remote_version,
       CASE c.last_action WHEN 'c' THEN 'created' WHEN 'u' THEN 'updated' WHEN 'd' THEN 'deleted' END AS last_action,
       coalesce(c.created_at, c.changed_at) AS created_at, c.changed_at, c.deleted_at, true AS stored
FROM tandem._mapping m
JOIN tandem._tenant t ON t.tenant_id = m.tenant_id
JOIN tandem._contract c ON c.mapping_id = m.mapping_id
WHERE m.definition ->> 'write_mode' <> 'append' AND NOT tandem._derives_contracts(m.mapping_id)
UNION ALL
SELECT t.name, m.name, d.origin_id COLLATE "C", d.local_key, NULL, NULL, NULL, NULL, NULL, NULL, false
FROM tandem._mapping m
JOIN tandem._tenant t ON t.tenant_id = m.tenant_id
CROSS JOIN LATERAL tandem._derived_contracts(m.mapping_id) d;
COMMENT ON VIEW tandem.contracts IS 'the state of each synced record; where nothing has to be stored, as the target has it';
COMMENT ON COLUMN tandem.contracts.local_key IS 'the columns that find the row; null in a stored contract where they are those of origin_id';
COMMENT ON COLUMN tandem.contracts.stored IS 'false: read from the target just now, which knows neither hash nor times';
