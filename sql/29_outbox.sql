-- Local changes on their way out, as people see them; nothing is sent here: the mapping is paused.
SET ROLE regress_tandem_app;
\set VERBOSITY terse
SET client_min_messages = error;
SELECT tandem.create_connection('shop', 'rest', '{"base_url": "https://shop.example", "objects": {"orders": {"path": "/orders", "write": {"create": {}, "update": {}, "delete": {}}}}}') > 0 AS made;
CREATE TABLE orders (region text, id bigint, total numeric, PRIMARY KEY (region, id));
INSERT INTO orders VALUES ('eu', 1, 5), ('eu', 2, 6), ('us', 1, 7);
SELECT tandem.create_mapping('out', 'shop', 'orders', 'orders', '{"total": "total"}', direction => 'push', options => '{"initial": "none"}') > 0 AS made;
SELECT tandem.pause_mapping('out');

-- what was captured counts as pending
UPDATE orders SET total = 8 WHERE id = 1;
SELECT pending_changes, oldest_pending_at <= now() AS captured FROM tandem.mapping_status WHERE mapping = 'out';
SELECT count(*) FROM tandem._captured_changes(-1);

-- single rows are asked for by their keys, however they are written; one that is gone is a delete
SELECT tandem.resync('out', '[{"id": 2, "region": "eu"}, {"region": "eu", "id": "02"}, {"region": "us", "id": 9}]');
SELECT tenant, mapping, key, operation, state, changed_columns, attempts, next_attempt_at, waiting_on, last_sent_at, run, batch FROM tandem.outbox ORDER BY key;
SELECT pending_changes FROM tandem.mapping_status WHERE mapping = 'out';
\set VERBOSITY default
SELECT tandem.resync('out', '[{"id": 2}]');
SELECT tandem.resync('out', '{"id": 2}');
\set VERBOSITY terse
SELECT tandem.resync('out', '[{"id": "x", "region": "eu"}]');

-- waiting gives up in time, and says at once what waits for nothing
SELECT tandem.wait_for_sync('out', '{"region": "eu", "id": 2}', '10 ms');
RESET ROLE;
DELETE FROM tandem._outbox;
UPDATE tandem._outbox_item SET state = 'f', attempts = 1, changed = '{3}' WHERE op = 'u';
UPDATE tandem._outbox_item SET state = 'a', not_before = 'infinity', waits_for = 'a person', changed = '{}', sent_changed = '{3}' WHERE op = 'd';
INSERT INTO tandem._sync_error (tenant_id, mapping_id, error_type, code, origin_id, message, record, retryable)
SELECT tenant_id, mapping_id, 'API_ERROR', 'TD311', key::text, 'no', key, true FROM tandem._outbox_item;
SET ROLE regress_tandem_app;
SELECT tandem.wait_for_sync('out', '{"region": "eu", "id": 2}', '1 min');
SELECT tandem.wait_for_sync('out', '{"region": "us", "id": 9}', '1 min');
SELECT tandem.wait_for_sync('out', '{"region": "us", "id": 1}', '1 min');
SELECT key, state, changed_columns, next_attempt_at, waiting_on FROM tandem.outbox ORDER BY key;

-- dropped, and tried again
SELECT error AS parked FROM tandem.sync_errors WHERE mapping = 'out' AND origin_id LIKE '%eu%' \gset
SELECT error AS held FROM tandem.sync_errors WHERE mapping = 'out' AND origin_id LIKE '%us%' \gset
SELECT tandem.discard_change(:parked, 'never mind');
SELECT tandem.discard_change(:parked, 'again');
SELECT resolution_notes FROM tandem.sync_errors WHERE error = :parked;
SELECT tandem.discard_change(-1);
SELECT tandem.resume_mapping('out');
BEGIN;
SELECT tandem.retry_sync_error(:held) > 0 AS run;
SELECT key, operation, state, waiting_on FROM tandem.outbox;
ROLLBACK;
BEGIN;
SELECT tandem.retry_failed_sync('out') > 0 AS run;
SELECT tandem.retry_failed_sync('out') > 0 AS again;
SELECT key, operation, state, waiting_on FROM tandem.outbox;
INSERT INTO orders VALUES ('us', 3, 1);
SELECT tandem.wait_for_sync('out', '{"region": "us", "id": 3}', '1 min');
ROLLBACK;

SELECT tandem.drop_connection('shop', "cascade" => true);
SELECT count(*) FROM tandem.outbox;
DROP TABLE orders;
RESET client_min_messages;
RESET ROLE;
