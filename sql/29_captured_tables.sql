-- Which tables are captured: triggers come and go with the mappings that push a table, and are looked after.
SET ROLE regress_tandem_app;
\set VERBOSITY terse
SELECT tandem.create_connection('shop', 'rest', '{"base_url": "https://shop.example", "objects": {"orders": {"path": "/orders", "write": {"create": {}, "update": {}, "delete": {}}}, "lines": {"path": "/lines", "write": {"create": {}, "update": {}, "delete": {}}}}}') > 0 AS made;
CREATE TABLE orders (junk int, number text UNIQUE NOT NULL, total numeric, source text, id bigint PRIMARY KEY);
ALTER TABLE orders DROP junk;
RESET ROLE;
CREATE VIEW public.captures AS SELECT c.table_name, c.key_columns, c.row_key, array_length(c.mappings, 1) AS mappings, c.owners::regrole[], c.replicated
    FROM tandem._capture c ORDER BY 1;
CREATE VIEW public.capture_triggers AS SELECT t.tgrelid::regclass AS "table", regexp_replace(t.tgname, '\d+$', 'N') AS trigger, t.tgenabled AS enabled, t.tgtype AS type,
       EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid AND d.deptype = 'x') AS follows
    FROM pg_trigger t WHERE t.tgfoid = 'tandem._capture_changes'::regproc ORDER BY 1, 2;
GRANT SELECT ON public.captures, public.capture_triggers TO regress_tandem_app;
REVOKE EXECUTE ON FUNCTION tandem._capture_changes() FROM regress_tandem_app;
SET ROLE regress_tandem_app;

SELECT tandem.create_mapping('out', 'shop', 'orders', 'orders', '{"no": "number", "total": "total"}', key => '{no}', direction => 'push', options => '{"initial": "none"}') > 0 AS made;
SELECT * FROM captures;
SELECT * FROM capture_triggers;
SELECT has_function_privilege('tandem._capture_changes()', 'EXECUTE');

-- a second one knows its records by other columns
SELECT tandem.create_mapping('more', 'shop', 'lines', 'orders', '{"id": "source", "total": "total"}', key => '{id}', match_on => '{id}', direction => 'push', options => '{"initial": "none"}') > 0 AS made;
SELECT * FROM captures;
SELECT count(*) FROM capture_triggers;
-- who is woken: nobody for what is off
SELECT tandem.pause_mapping('out');
SELECT owners FROM captures;
SELECT tandem.disable_mapping('more');
SELECT owners FROM captures;
SELECT tandem.resume_mapping('out');
SELECT owners FROM captures;
SELECT tandem.pause_connection('shop');
SELECT owners FROM captures;
SELECT tandem.resume_connection('shop');
SELECT owners FROM captures;
RESET ROLE;
SELECT tandem.pause_all();
SELECT owners FROM captures;
SELECT tandem.resume_all();
SELECT owners FROM captures;
SET ROLE regress_tandem_app;

-- Triggers that are not as they must be
SELECT status, status_reason, next_step FROM tandem.mapping_status WHERE mapping = 'out';
ALTER TABLE orders DISABLE TRIGGER tandem_capture_update;
SELECT status, status_reason, next_step FROM tandem.mapping_status WHERE mapping = 'out';
ALTER TABLE orders ENABLE TRIGGER ALL;
SELECT status, status_reason, next_step FROM tandem.mapping_status WHERE mapping = 'out';
SELECT check_name, status, detail, fix FROM tandem.doctor('out') WHERE check_name = 'mapping out';
ALTER TABLE orders ENABLE ALWAYS TRIGGER tandem_capture_insert, ENABLE ALWAYS TRIGGER tandem_capture_update;
DROP TRIGGER tandem_capture_delete ON orders;
SELECT status, status_reason, next_step FROM tandem.mapping_status WHERE mapping = 'out';
SELECT tandem.enable_mapping('out');
SELECT * FROM capture_triggers;
SELECT status FROM tandem.mapping_status WHERE mapping = 'out';
-- one too many goes
RESET ROLE;
GRANT EXECUTE ON FUNCTION tandem._capture_changes() TO regress_tandem_app;
SET ROLE regress_tandem_app;
CREATE TRIGGER twice AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tandem._capture_changes();
SELECT tandem.enable_mapping('out');
SELECT count(*) FROM capture_triggers WHERE trigger = 'twice';

-- Paused or not, it is captured. From here on nothing is fetched
RESET ROLE;
SELECT tandem.pause_all();
SET ROLE regress_tandem_app;
INSERT INTO orders VALUES ('A1', 5, 'x', 1);
UPDATE orders SET total = 6;
DELETE FROM orders;
RESET ROLE;
SELECT op, n, key_columns, keys, changed FROM tandem._outbox ORDER BY seq;
SET ROLE regress_tandem_app;

-- What is altered and replicated
SELECT tandem.alter_mapping('out', '{"options": {"capture_replicated": true}}');
SELECT * FROM captures;
SELECT * FROM capture_triggers;
SELECT tandem.alter_mapping('out', '{"options": {"capture_replicated": null}}');
SELECT * FROM capture_triggers;
-- the table of a mapping changes; the last mapping of a table goes
CREATE TABLE orders_2 (number text UNIQUE NOT NULL, total numeric, id bigint PRIMARY KEY);
SELECT tandem.alter_mapping('out', '{"target": "orders_2"}');
SELECT * FROM captures;
SELECT tandem.drop_mapping('more');
SELECT * FROM captures;
SELECT DISTINCT "table" FROM capture_triggers;
-- partitions: present and future ones
CREATE TABLE parts (id int, at int, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
SELECT tandem.create_mapping('parts', 'shop', 'lines', 'parts', '{"v": "v"}', key => '{id}', direction => 'push', options => '{"initial": "none"}') > 0 AS made;
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
SELECT * FROM capture_triggers WHERE "table" <> 'orders_2'::regclass;
INSERT INTO parts VALUES (1, 1, 'a'), (2, 12, 'b');
-- a leaf can be pushed by itself, too
SELECT tandem.create_mapping('leaf', 'shop', 'lines', 'parts_1', '{"v": "v"}', key => '{id}', direction => 'push', options => '{"initial": "none"}') > 0 AS made;
INSERT INTO parts VALUES (3, 3, 'c');
RESET ROLE;
SELECT "table"::regclass, op, keys FROM tandem._outbox WHERE "table" <> 'orders'::regclass ORDER BY seq;
SET ROLE regress_tandem_app;
-- a table that becomes a partition is not written by its own name only any more
CREATE TABLE later (id int, at int, v text, PRIMARY KEY (id, at));
SELECT tandem.create_mapping('later', 'shop', 'lines', 'later', '{"v": "v"}', key => '{id}', direction => 'push', options => '{"initial": "none"}') > 0 AS made;
ALTER TABLE parts ATTACH PARTITION later FOR VALUES FROM (20) TO (30);
RESET ROLE;
DELETE FROM tandem._outbox;
SELECT tandem.resume_all();
SET ROLE regress_tandem_app;
SELECT status_reason, next_step FROM tandem.mapping_status WHERE mapping = 'later';
SELECT tandem.enable_mapping('later');
SELECT trigger FROM capture_triggers WHERE "table" = 'later'::regclass;
SELECT mapping, status FROM tandem.mapping_status WHERE connection = 'shop' ORDER BY 1;

-- Another primary key tells the rows apart by other columns; without one they are known as they were
CREATE TABLE keyed (a int PRIMARY KEY, b int NOT NULL, total numeric);
SELECT tandem.create_mapping('keyed', 'shop', 'orders', 'keyed', '{"total": "total"}', direction => 'push', options => '{"initial": "none"}') > 0 AS made;
SELECT key_columns, row_key FROM captures WHERE table_name = 'public.keyed';
ALTER TABLE keyed DROP CONSTRAINT keyed_pkey;
SELECT key_columns, row_key FROM captures WHERE table_name = 'public.keyed';
ALTER TABLE keyed ADD PRIMARY KEY (b, a);
SELECT key_columns, row_key FROM captures WHERE table_name = 'public.keyed';
SELECT tandem.drop_mapping('keyed');
DROP TABLE keyed;

-- Not by those who do not own the table
SET ROLE regress_tandem_other;
SELECT tandem.enable_mapping('out');
SET ROLE regress_tandem_app;

-- A table that is gone, a rollback
DROP TABLE parts;
SELECT tandem.drop_mapping('parts'), tandem.drop_mapping('leaf'), tandem.drop_mapping('later');
SELECT * FROM captures;
BEGIN;
SELECT tandem.drop_mapping('out');
SELECT count(*) FROM capture_triggers;
ROLLBACK;
SELECT count(*) FROM capture_triggers;
-- leaving takes the triggers along, and nothing else
RESET ROLE;
BEGIN;
DROP EXTENSION pg_tandem CASCADE;
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'tandem_capture%';
INSERT INTO orders_2 VALUES ('a', 1, 1);
ROLLBACK;
SET ROLE regress_tandem_app;
SELECT tandem.drop_connection('shop', "cascade" => true);
SELECT count(*) FROM captures;
SELECT count(*) FROM capture_triggers;
RESET ROLE;
SELECT count(*) FROM tandem._outbox;
DROP VIEW captures, capture_triggers;
DROP TABLE orders, orders_2;
