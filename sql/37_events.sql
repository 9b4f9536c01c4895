-- Subscriptions to events of the engine: what is refused, what is told, and to whom.
GRANT SELECT ON tandem.event_subscriptions, tandem._event_subscription TO regress_tandem_app;
SET ROLE regress_tandem_app;
SET client_min_messages = error;
CREATE TABLE watched (id text PRIMARY KEY, name text);
SELECT tandem.create_connection('watched_api', 'rest', '{"base_url": "https://api.example.com", "objects": {"a": {"path": "/a"}}}') > 0 AS made,
       tandem.create_connection('events_hook', 'webhook', '{"base_url": "https://hooks.example.com", "objects": {"records": {"write": {"signing": {"type": "none"}}}}}') > 0 AS made,
       tandem.create_mapping('watched', 'watched_api', 'a', 'watched', '{"id": "id", "name": "name"}', enabled => false) > 0 AS made,
       tandem.create_mapping('unwatched', 'watched_api', 'a', 'watched', '{"id": "id", "name": "name"}', enabled => false) > 0 AS made;

-- mistakes
SELECT tandem.subscribe_events('w', 'events_hook', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.subscribe_events('w', 'events_hook', '{sync.complete}');
SELECT tandem.subscribe_events('w', 'events_hok', '{sync.completed}');
SELECT tandem.subscribe_events('w', 'watched_api', '{sync.completed}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.subscribe_events('w', 'events_hook', '{sync.completed}', mapping => 'wached');
SELECT tandem.subscribe_events('watched', 'events_hook', '{sync.completed}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.unsubscribe_events('watched');
\echo :LAST_ERROR_SQLSTATE

SELECT tandem.subscribe_events('w', 'events_hook', '{sync.failed,auth.expired,sync.started}', mapping => 'watched') > 0 AS made,
       tandem.subscribe_events('all', 'events_hook', '{auth.expired,sync.completed}') > 0 AS made;
SELECT name, connection, events, mapping, owner, enabled FROM tandem.event_subscriptions ORDER BY name;
SELECT mapping, object, target, direction, status, status_reason FROM tandem.mapping_status WHERE mapping IN ('w', 'all') ORDER BY 1;
SELECT tandem.pause_mapping('w'), tandem.pause_mapping('all');
RESET ROLE;

-- what the engine does, played by hand: told is what is committed, of whom it is wanted, once
SET ROLE tandem_owner;
INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by, status, attempt, started_at)
SELECT tenant_id, mapping_id, owner, 'pull', 'manual', 'me', 'running', 1, '2026-01-02 03:04:05.5+00' FROM tandem._mapping WHERE name IN ('watched', 'unwatched') ORDER BY name;
UPDATE tandem._run SET status = CASE m.name WHEN 'watched' THEN 'failed' ELSE 'partial' END, message = 'it "broke"', created = 3
  FROM tandem._mapping m WHERE m.mapping_id = _run.mapping_id AND m.name IN ('watched', 'unwatched');
UPDATE tandem._connection SET last_error_type = 'AUTH_ERROR', last_error = 'no' WHERE name IN ('watched_api', 'events_hook');
UPDATE tandem._connection SET last_error_type = 'AUTH_ERROR', last_error = 'no again' WHERE name IN ('watched_api', 'events_hook');
BEGIN;
UPDATE tandem._connection SET last_error_type = 'RATE_LIMIT' WHERE name = 'watched_api';
ROLLBACK;
-- those of a subscription's own runs are no events
INSERT INTO tandem._run (tenant_id, mapping_id, owner, kind, trigger, requested_by, status, attempt)
SELECT tenant_id, mapping_id, owner, 'push', 'capture', 'me', 'running', 1 FROM tandem._mapping WHERE name = 'all';
UPDATE tandem._run SET status = 'completed' FROM tandem._mapping m WHERE m.mapping_id = _run.mapping_id AND m.name = 'all';
SELECT m.name AS subscription, i.record - '{event_id,at,run}'::text[] AS record
  FROM tandem._outbox_item i JOIN tandem._mapping m ON m.mapping_id = i.mapping_id WHERE m.name IN ('w', 'all') ORDER BY m.name, i.item;
RESET ROLE;
SELECT count(*) FROM tandem._event;

SET ROLE regress_tandem_app;
SELECT tandem.resume_mapping('w');
SELECT tandem.drop_mapping('watched');
SELECT name, mapping FROM tandem.event_subscriptions WHERE name = 'w';
SELECT tandem.unsubscribe_events('w'), tandem.unsubscribe_events('all');
SELECT count(*) FROM tandem.event_subscriptions;
SELECT tandem.drop_mapping('unwatched'), tandem.drop_connection('watched_api'), tandem.drop_connection('events_hook');
DROP TABLE watched;
RESET ROLE;
