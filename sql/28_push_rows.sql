-- What would be sent of local rows: values by their types, steps of the database, conditions, references. Nothing is sent.
SET ROLE regress_tandem_app;
\set VERBOSITY terse
SET client_min_messages = error;
SELECT tandem.create_connection('shop', 'rest', '{"base_url": "https://shop.example", "objects": {
    "orders": {"path": "/orders", "write": {"create": {}, "update": {}}}, "customers": {"path": "/customers", "write": {"create": {}, "update": {}}},
    "things": {"path": "/things", "write": {"create": {}, "update": {}}}}}') > 0 AS made;

-- each type, whatever the session has set
CREATE TABLE things (id bigint PRIMARY KEY, n numeric, f float8, b boolean, d date, ts timestamp, tz timestamptz, iv interval, u uuid,
    j jsonb, y bytea, a text[], tzs timestamptz[], m money, c char(5), ip inet);
INSERT INTO things VALUES (9007199254740993, 123456789012345678901234567890.5, 0.1, true, '2024-02-29', '2024-02-29 10:00:00.5',
    '2024-02-29 10:00:00.000001+02', '-1 day 02:00', '0B0E7A3C-0000-4000-8000-00000000000F', '{"x": 1.10}', '\x00ff', '{a,"b \"c",NULL}',
    '{2024-02-29 10:00:00+00}', 12.5, 'ab', '10.0.0.1'),
    (9007199254740994, 'NaN', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT tandem.create_mapping('things', 'shop', 'things', 'things', '{"id": "id", "n": "n", "f": "f", "b": "b", "d": "d", "ts": "ts", "tz": "tz", "iv": "iv",
    "u": "u", "j": "j", "y": "y", "a": "a", "tzs": "tzs", "m": "m", "c": "c", "ip": "ip"}', direction => 'push', enabled => false) > 0 AS made;
SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; SET IntervalStyle = 'sql_standard'; SET bytea_output = 'escape'; SET extra_float_digits = 0;
\x
SELECT * FROM tandem.preview_mapping('things');
\x
RESET DateStyle; RESET TimeZone; RESET IntervalStyle; RESET bytea_output; RESET extra_float_digits;

-- steps of the database, conditions, defaults
CREATE TABLE countries (code text PRIMARY KEY, id int);
INSERT INTO countries VALUES ('FR', 33), ('DE', 49);
CREATE TABLE customers (id int PRIMARY KEY, crm_id text UNIQUE, name text, country text, cents bigint, vip boolean);
INSERT INTO customers VALUES (1, 'c-1', ' Ann ', 'FR', 1250, true), (2, NULL, 'Bob', 'XX', 0, false), (3, NULL, NULL, 'DE', -1, true),
    (4, NULL, 'Dot', 'DE', 7, NULL);
SELECT tandem.create_mapping('customers', 'shop', 'customers', 'customers', '[{"field": "id", "column": "crm_id", "direction": "pull"},
    {"field": "name", "column": "name", "to_remote": ["trim", "uppercase"], "default": "nobody"},
    {"field": "country", "column": "country", "to_remote": {"lookup": {"table": "countries", "key": "code", "value": "id"}}},
    {"field": "total", "column": "cents", "to_remote": [{"sql": "value::numeric / 100"}, {"number_format": {"decimal": ","}}]},
    {"field": "label", "column": "id", "to_remote": [{"sql": "record->>''name'' || '' #'' || value"}]},
    {"field": "root", "column": "cents", "to_remote": [{"sql": "sqrt(value::numeric)"}]}]',
    direction => 'push', match_on => '{id}', conditions => '{"!=": [{"var": "vip"}, null]}', enabled => false) > 0 AS made;
SELECT action, local_key, record, error_type, error_message FROM tandem.preview_mapping('customers');

-- references: the key of a row becomes the id of its record; without one the change waits
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, total numeric);
INSERT INTO orders VALUES (1, 1, 5), (2, 2, 6), (3, NULL, 7);
SELECT tandem.create_mapping('orders', 'shop', 'orders', 'orders', '{"customer_id": {"column": "customer", "reference": "people"}, "total": "total"}',
    direction => 'push', enabled => false) > 0 AS made;
SELECT tandem.preview_mapping('orders');
SELECT tandem.create_mapping('people', 'shop', 'customers', 'customers', '[{"field": "id", "column": "crm_id"}, {"field": "name", "column": "name"}]',
    write_mode => 'update') > 0 AS made;
SELECT action, local_key, record, error_type, error_message FROM tandem.preview_mapping('orders');
SELECT tandem.alter_mapping('orders', '{"columns": {"customer_id": {"reference": {"mapping": "people", "missing": "null"}}}}');
SELECT action, local_key, record, error_message FROM tandem.preview_mapping('orders', 2);

-- requests: one for each record or batch, without secrets; what waits comes first; a body that is no JSON; nothing is sent or written
SELECT tandem.create_connection('desk', 'rest', '{"base_url": "https://desk.example/v1", "headers": {"X-Team": "blue", "X-App-Token": "t0p"},
    "auth": {"type": "api-key", "param": "api_key"}, "objects": {
    "tickets": {"path": "/tickets", "write": {"key": "ref", "upsert": {"method": "PUT", "path": "/tickets/{key}"}, "delete": {}}},
    "lines": {"path": "/lines", "write": {"create": {"path": "/lines/bulk", "batch": {"size": 2}, "body": {"items": "{records}", "by": "{mapping}"}}}},
    "notes": {"path": "/notes", "write": {"create": {"format": "form", "path": "/notes/new"}, "update": {"path": "/notes/{field:room}/{id}"}}}}}',
    credentials => '{"key": "s3cr3t-value"}') > 0 AS made;
CREATE TABLE tickets (ref text PRIMARY KEY, title text, size numeric);
INSERT INTO tickets VALUES ('a/1', 'Printer & co', 12345678901234567890.50), ('b', 'Mouse', NULL), ('c', 'Screen', 3);
SELECT tandem.create_mapping('tickets', 'desk', 'tickets', 'tickets', '{"ref": "ref", "title": "title", "size": "size"}', direction => 'push', key => '{ref}', enabled => false) > 0 AS made;
UPDATE tickets SET title = 'Screen!' WHERE ref = 'c';
DELETE FROM tickets WHERE ref = 'b';
SELECT action, local_key, record, jsonb_pretty(request) AS request FROM tandem.preview_mapping('tickets');
SELECT count(*) AS changes FROM tandem.outbox;
SELECT tandem.create_mapping('lines', 'desk', 'lines', 'tickets', '{"name": "title"}', direction => 'push', write_mode => 'insert', options => '{"initial": "none"}', enabled => false) > 0 AS made;
INSERT INTO tickets VALUES ('d', 'Desk', 1);
SELECT action, local_key, request - 'headers' AS request FROM tandem.preview_mapping('lines');
SELECT tandem.create_mapping('notes', 'desk', 'notes', 'tickets', '{"text": "title", "n": "size"}', direction => 'push', enabled => false) > 0 AS made;
SELECT action, local_key, request - 'headers' AS request FROM tandem.preview_mapping('notes', 1);
SELECT tandem.set_credentials('desk', '{"key": null}');
SELECT action, request->>'url' AS url, error_type, error_message FROM tandem.preview_mapping('notes', 1);

-- what the database does comes first
SELECT severity, code, message, hint FROM tandem.check_mapping('{"name": "x", "connection": "shop", "object": "orders", "target": "orders",
    "direction": "push", "columns": {"total": {"column": "total", "to_remote": [{"cast": "string"}, {"sql": "value || 1"}]}}}') WHERE severity = 'error';

SELECT tandem.drop_connection('shop', "cascade" => true);
SELECT tandem.drop_connection('desk', "cascade" => true);
DROP TABLE tickets, orders, customers, countries, things;
RESET client_min_messages;
RESET ROLE;
