CREATE FUNCTION tandem._merge_patch(target jsonb, patch jsonb)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF patch IS NULL THEN
        RETURN '{}'::jsonb;
    ELSIF jsonb_typeof(patch) <> 'object' THEN
        RETURN patch;
    END IF;
    RETURN coalesce((
        SELECT jsonb_object_agg(key, CASE WHEN p.value IS NULL THEN t.value ELSE tandem._merge_patch(t.value, p.value) END)
          FROM jsonb_each(CASE jsonb_typeof(target) WHEN 'object' THEN target ELSE '{}' END) AS t (key, value)
          FULL JOIN jsonb_each(patch) AS p (key, value) USING (key)
         WHERE p.value IS DISTINCT FROM 'null'), '{}');
END
$$;
COMMENT ON FUNCTION tandem._merge_patch(jsonb, jsonb) IS 'JSON merge patch (RFC 7396): null removes, objects merge, everything else replaces';
