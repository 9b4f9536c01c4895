-- Batches from applications: what they may hand over, how it waits, and what is told of it; nothing is sent here, the mappings are paused.
SET ROLE regress_tandem_app;
\set VERBOSITY terse
SET client_min_messages = error;
SELECT tandem.create_connection('shop', 'rest', '{"base_url": "https://shop.example", "objects": {
    "orders": {"path": "/orders", "write": {"create": {}, "update": {}, "delete": {}}}}}') > 0 AS made;
CREATE DOMAIN grade AS int CHECK (VALUE BETWEEN 1 AND 6);
CREATE TABLE orders (id bigint PRIMARY KEY, ref text UNIQUE, total numeric, placed timestamptz, marks grade, secret text);
SELECT tandem.create_mapping('out', 'shop', 'orders', 'orders', '{"ref": "ref", "total": {"column": "total", "to_remote": [{"number_format": {"decimal": ","}}]}, "at": "placed", "mark": "marks"}',
    direction => 'push', match_on => '{ref}', options => '{"initial": "none"}') > 0 AS made;
SELECT tandem.pause_mapping('out');

-- bad input is told by its place, and nothing of the batch is taken
\set VERBOSITY default
SELECT tandem.push_records('out', '{"ref": "a"}');
SELECT tandem.push_records('out', '[{"ref": "a"}, 7]');
SELECT tandem.push_records('out', '[{"ref": "a"}, {}]');
SELECT tandem.push_records('out', '[{"ref": "a"}, {"ref": "b", "secret": 1}]');
SELECT tandem.push_records('out', '[{"ref": "a"}, {"ref": "b", "total": "x"}]');
SELECT tandem.push_records('out', '[{"ref": "a", "marks": 7}]');
SELECT tandem.push_records('out', '[{"ref": "a", "placed": "2024-02-30"}]');
SELECT tandem.push_records('out', (SELECT jsonb_agg(jsonb_build_object('ref', n)) FROM generate_series(1, 10001) n));
\set VERBOSITY terse
SELECT tandem.push_records('nowhere', '[]');
\set VERBOSITY default
SELECT tandem.push_records('out', NULL);
SELECT tandem.batch_status(-1);
\set VERBOSITY terse
SELECT count(*) FROM tandem.outbox;

-- what waits, without a row; records of the same thing add up
SELECT tandem.push_records('out', '[{"ref": "a", "total": 12345678901234567890.50}, {"ref": "b"}, {"ref": "a", "placed": "2024-02-29 10:00+02"}, {"total": 1}]') AS batch \gset
SELECT key, operation, state, changed_columns, batch = :batch AS of_it FROM tandem.outbox ORDER BY item;
SELECT mapping, status, records, pending, sent, failed, ambiguous, skipped, requested_by, completed_at, results FROM tandem.batch_status(:batch);
SELECT action, record, request->>'method' AS method, request->'body' AS body FROM tandem.preview_mapping('out');
SELECT tandem.push_records('out', '[{"ref": "b", "total": null}]') AS later \gset
SELECT count(*), count(*) FILTER (WHERE batch = :later) AS later FROM tandem.outbox;
SELECT status, records FROM tandem.batch_status(tandem.push_records('out', '[]'));
BEGIN;
SELECT tandem.push_records('out', '[{"ref": "z"}]') > 0 AS undone;
ROLLBACK;
SELECT count(*) FROM tandem.outbox;

-- what became of them
RESET ROLE;
UPDATE tandem._outbox_item SET state = 'f', attempts = 1 WHERE key @> '{"$record": {"ref": "b"}}';
INSERT INTO tandem._sync_error (tenant_id, mapping_id, error_type, code, origin_id, message, record, retryable)
SELECT tenant_id, mapping_id, 'API_ERROR', 'TD311', key::text, 'no', record, true FROM tandem._outbox_item WHERE state = 'f';
SET ROLE regress_tandem_app;
SELECT status, pending, failed, results->1->>'state' AS state, results->1->'error'->>'message' AS message FROM tandem.batch_status(:batch);
SELECT status, failed FROM tandem.batch_status(:later);
SELECT tandem.discard_change(error) FROM tandem.sync_errors WHERE message = 'no';
SELECT status, failed, skipped, results->0->>'state' AS state FROM tandem.batch_status(:later);

-- old ones go, but for those that something is pending of
SELECT tandem.alter_mapping('out', '{"options": {"keep_runs": 1}}');
SELECT tandem.push_records('out', '[{"ref": "y"}]') > 0 AS made;
SELECT status FROM tandem.batch_status(:batch);
SELECT status FROM tandem.batch_status(:later);

-- whose it is
SELECT status FROM tandem.batch_status(:batch, tenant => 'other');

-- of a mapping that pulls, or keeps its table in step, the table is the way
SELECT tandem.create_mapping('in', 'shop', 'orders', 'orders', '{"id": "id", "total": "total"}', enabled => false) > 0 AS made;
SELECT tandem.push_records('in', '[]');
SELECT tandem.drop_mapping('in');
SELECT tandem.create_mapping('both', 'shop', 'orders', 'orders', '{"id": "id", "total": "total"}', direction => 'both', enabled => false) > 0 AS made;
SELECT tandem.push_records('both', '[]');

SELECT tandem.drop_connection('shop', "cascade" => true);
RESET ROLE;
SELECT count(*) FROM tandem._batch;
SET ROLE regress_tandem_app;
DROP TABLE orders;
DROP DOMAIN grade;
RESET client_min_messages;
RESET ROLE;
