CREATE FUNCTION tandem._captured_changes(mapping_id bigint)
RETURNS TABLE (changes bigint, oldest timestamptz) LANGUAGE c STABLE COST 1000 ROWS 1 AS 'MODULE_PATHNAME', 'tandem__captured_changes';
COMMENT ON FUNCTION tandem._captured_changes(bigint) IS 'what was captured of a mapping''s table and no worker has fetched yet, for view mapping_status';

CREATE VIEW tandem.outbox WITH (security_invoker = true) AS
SELECT t.name AS tenant, m.name AS mapping, i.item, i.key,
       CASE i.op WHEN 'i' THEN 'insert' WHEN 'd' THEN 'delete' ELSE 'update' END AS operation,
       CASE i.state WHEN 'p' THEN 'pending' WHEN 'c' THEN 'sending' WHEN 'f' THEN 'parked' ELSE 'ambiguous' END AS state,
       CASE WHEN i.op = 'u' AND i.changed IS NOT NULL AND (i.state NOT IN ('c', 'a') OR i.sent_changed IS NOT NULL)
            THEN ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                        WHERE a.attrelid = m.target AND NOT a.attisdropped AND a.attnum = ANY (i.changed || i.sent_changed)
                        ORDER BY a.attnum) END AS changed_columns,
       i.captured_at, i.changed_at, i.attempts, CASE WHEN i.state IN ('p', 'a') AND isfinite(i.not_before) THEN i.not_before END AS next_attempt_at,
       coalesce((SELECT format('mapping %I', p.name) FROM tandem._mapping p WHERE i.waits_for = 'mapping ' || p.mapping_id), i.waits_for) AS waiting_on,
       i.sent_at AS last_sent_at, i.run, i.batch
FROM tandem._outbox_item i
JOIN tandem._mapping m ON m.mapping_id = i.mapping_id
JOIN tandem._tenant t ON t.tenant_id = i.tenant_id;
COMMENT ON VIEW tandem.outbox IS 'local rows that are to be sent: pending, sending, parked with an error, or ambiguous; what was acknowledged is gone';
COMMENT ON COLUMN tandem.outbox.key IS 'key of the local row, values as text; what resync and wait_for_sync take. Of a record of push_records: {"$record": …}, what identifies it';
COMMENT ON COLUMN tandem.outbox.changed_columns IS 'of an update: what changed since it was last acknowledged; null: all columns are looked at';
COMMENT ON COLUMN tandem.outbox.attempts IS 'of the newest change, as far as they count';
