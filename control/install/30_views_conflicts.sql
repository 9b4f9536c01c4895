CREATE VIEW tandem.conflicts WITH (security_invoker = true) AS
SELECT t.name AS tenant, m.name AS mapping, c.conflict, c.origin_id, c.key, c.columns, c.base, c.local, c.remote, c.run, c.detected_at,
       c.mapping_id
FROM tandem._conflict c
JOIN tandem._mapping m ON m.mapping_id = c.mapping_id
JOIN tandem._tenant t ON t.tenant_id = m.tenant_id
WHERE c.resolved_at IS NULL;
COMMENT ON VIEW tandem.conflicts IS 'rows that both sides changed and that policy leaves to a person: nothing of them is written on either side until resolve_conflict()';
COMMENT ON COLUMN tandem.conflicts.base IS 'the values, as text, that both sides agreed on last; null: they never did';

CREATE FUNCTION tandem.get_conflicts(mapping text DEFAULT NULL, tenant text DEFAULT tandem.current_tenant())
RETURNS SETOF tandem.conflicts LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.* FROM tandem.conflicts c
     WHERE c.tenant = get_conflicts.tenant AND (get_conflicts.mapping IS NULL OR c.mapping = get_conflicts.mapping)
     ORDER BY c.conflict
$$;
COMMENT ON FUNCTION tandem.get_conflicts(text, text) IS 'open conflicts of a mapping, or of all';

CREATE FUNCTION tandem.resolve_conflict(conflict bigint, choice text, merged jsonb DEFAULT NULL, tenant text DEFAULT tandem.current_tenant())
RETURNS boolean LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_resolve_conflict';
COMMENT ON FUNCTION tandem.resolve_conflict(bigint, text, jsonb, text) IS
    'decides a conflict: local (the row goes out), remote (the row becomes the record), merged (these columns, {"name": "Ann"}, and the rest of the row go out); false when it was decided before';
