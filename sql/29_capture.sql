-- Capture: what statements of users leave in the outbox, in their own transaction.
SET client_min_messages = warning;
CREATE SCHEMA cap;
CREATE SCHEMA cap_tools;
SET search_path = cap, cap_tools;

-- What the engine makes for a table that is pushed.
CREATE FUNCTION cap_tools.capture(t regclass, keys name[], by_row boolean = false, replicated boolean = false) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tandem._capture VALUES (t, t::text, (SELECT array_agg(a.attnum ORDER BY k.ord) FROM unnest(keys) WITH ORDINALITY k(name, ord)
        JOIN pg_attribute a ON a.attrelid = t AND a.attname = k.name), array_length(keys, 1), '{}', '{1}', replicated);
    IF by_row THEN
        EXECUTE format('CREATE TRIGGER tandem_capture_rows AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION tandem._capture_changes()', t);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER tandem_capture_rows', t);
    ELSE
        EXECUTE format('CREATE TRIGGER tandem_capture_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS now FOR EACH STATEMENT EXECUTE FUNCTION tandem._capture_changes()', t);
        EXECUTE format('CREATE TRIGGER tandem_capture_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS before NEW TABLE AS now FOR EACH STATEMENT EXECUTE FUNCTION tandem._capture_changes()', t);
        EXECUTE format('CREATE TRIGGER tandem_capture_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION tandem._capture_changes()', t);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER tandem_capture_insert, ENABLE ALWAYS TRIGGER tandem_capture_update, ENABLE ALWAYS TRIGGER tandem_capture_delete', t);
    END IF;
    IF t::regclass NOT IN (SELECT oid FROM pg_class WHERE relkind = 'f') THEN
        EXECUTE format('CREATE TRIGGER tandem_capture_truncate AFTER TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION tandem._capture_changes()', t);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER tandem_capture_truncate', t);
    END IF;
END
$$;

-- Takes what was captured, as the worker does.
CREATE FUNCTION cap_tools.taken() RETURNS TABLE (what regclass, op "char", n int, keys text[], old_keys text[], changed text[])
LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM tandem._outbox RETURNING *)
    SELECT o."table"::regclass, o.op, o.n, CASE WHEN o.n > 10 THEN o.keys[:][:2] ELSE o.keys END, o.old_keys,
           (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
             WHERE a.attrelid = o."table" AND a.attnum > 0 AND a.attnum <= 8 * length(o.changed) AND get_bit(o.changed, a.attnum - 1) = 1)
      FROM gone o ORDER BY o.seq
$$;

CREATE TABLE orders (id int, region text, status text, note text, PRIMARY KEY (id));
SELECT capture('orders', '{id}');
\pset null -

-- Every kind of statement
INSERT INTO orders VALUES (1, 'eu', 'new'), (2, 'us', 'new');
UPDATE orders SET status = 'sent' WHERE id = 1;
DELETE FROM orders WHERE id = 2;
SELECT * FROM taken();
-- nothing is there to do
INSERT INTO orders SELECT * FROM orders WHERE false;
UPDATE orders SET status = 'none' WHERE id = 99;
UPDATE orders SET status = status;
DELETE FROM orders WHERE id = 99;
SELECT * FROM taken();
COPY orders (id, region, status) FROM stdin;
3	eu	new
4	us	new
\.
INSERT INTO orders VALUES (3, 'eu', 'again'), (5, 'eu', 'new') ON CONFLICT (id) DO UPDATE SET status = excluded.status;
INSERT INTO orders VALUES (3, 'eu', 'never') ON CONFLICT DO NOTHING;
MERGE INTO orders USING (VALUES (4, 'merged'), (5, NULL), (6, 'made')) AS v (id, status) ON orders.id = v.id
    WHEN MATCHED AND v.status IS NULL THEN DELETE
    WHEN MATCHED THEN UPDATE SET status = v.status
    WHEN NOT MATCHED THEN INSERT VALUES (v.id, 'eu', v.status);
SELECT * FROM taken();
WITH moved AS (DELETE FROM orders WHERE id = 6 RETURNING *) INSERT INTO orders SELECT id + 10, region, status FROM moved;
SELECT * FROM taken();
-- rows share an entry where the same columns differ, while they are few
UPDATE orders SET status = CASE id WHEN 1 THEN status ELSE 'x' END, note = CASE id WHEN 1 THEN 'y' END;
SELECT * FROM taken();
-- a key changes
UPDATE orders SET id = id + 100, status = 'moved' WHERE id IN (1, 3);
UPDATE orders SET id = CASE id WHEN 4 THEN 5 ELSE id END, note = 'n' WHERE id IN (4, 16);
SELECT * FROM taken();
TRUNCATE orders;
SELECT * FROM taken();

-- Rollbacks take back what they roll back
BEGIN;
INSERT INTO orders VALUES (1, 'eu', 'kept');
SAVEPOINT s;
INSERT INTO orders VALUES (2, 'eu', 'not kept');
ROLLBACK TO s;
INSERT INTO orders VALUES (3, 'eu', 'kept');
COMMIT;
SELECT * FROM taken();
BEGIN;
DELETE FROM orders;
ROLLBACK;
SELECT * FROM taken();
-- all of a transaction carries its number
BEGIN;
UPDATE orders SET note = 'a' WHERE id = 1;
SAVEPOINT s;
UPDATE orders SET note = 'b' WHERE id = 3;
SELECT count(DISTINCT txid), bool_and(txid = pg_current_xact_id()), bool_and(at BETWEEN now() AND clock_timestamp()), count(origin) FROM tandem._outbox;
COMMIT;
SELECT count(*) FROM taken();

-- Many rows: entries of a thousand
INSERT INTO orders (id, region) SELECT i, 'eu' FROM generate_series(1001, 3500) i;
SELECT * FROM taken();
UPDATE orders SET status = CASE WHEN id % 2 = 0 THEN 'even' END, note = CASE WHEN id % 2 = 1 THEN 'odd' END WHERE id > 1000 AND id <= 1070;
SELECT * FROM taken();
-- old keys of all rows of an entry, from where the first one differs
UPDATE orders SET id = CASE WHEN id = 1200 THEN 12 ELSE id END, region = 'de' WHERE id BETWEEN 1101 AND 1200;
SELECT n, keys[1][99:100] AS keys, old_keys[1][99:100] AS old_keys, array_length(old_keys, 2) AS old, changed FROM tandem._outbox;
DELETE FROM orders WHERE id > 3;
SELECT sum(n), count(*), max(n) FROM taken();

-- Keys: several columns, nulls, whatever a session prints
CREATE TABLE kinds (a timestamptz, b date, c bytea, d interval, e float8, f numeric, g text, h uuid, i bool, j bigint, k smallint, l jsonb, m regclass, rest text);
SELECT capture('kinds', '{a,b,c,d,e,f,g,h,i,j,k,l,m}');
SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; SET IntervalStyle = 'sql_standard'; SET extra_float_digits = -10; SET bytea_output = 'escape';
INSERT INTO kinds VALUES ('2026-01-02 03:04:05.678901+00', '2026-12-31', 'a\000b', '1 day 02:03', 0.1::float8 + 0.2, 1.50, e'quote " comma , \\',
    '9e107d9d-372b-4c81-8f2f-000000000001', true, 9007199254740993, -3, '{"a": 1}', 'orders');
INSERT INTO kinds (rest) VALUES ('no key');
SELECT unnest(keys) FROM tandem._outbox WHERE keys[1][1] IS NOT NULL;
SELECT keys FROM tandem._outbox WHERE keys[1][1] IS NULL;
SHOW DateStyle; SHOW extra_float_digits;
RESET DateStyle; RESET TimeZone; RESET IntervalStyle; RESET extra_float_digits; RESET bytea_output;
SELECT count(*) FROM taken();
-- big values: the same again is no change, a key of megabytes is kept whole
CREATE TABLE big (id text, doc text, other int);
ALTER TABLE big ALTER doc SET STORAGE EXTERNAL;
SELECT capture('big', '{id}');
INSERT INTO big SELECT repeat('k', 2000000), repeat('d', 100000), 1 FROM generate_series(1, 3);
SELECT n, length(keys[1][1]) FROM tandem._outbox;
DELETE FROM tandem._outbox;
UPDATE big SET other = 2;
UPDATE big SET doc = doc || '';
UPDATE big SET doc = doc || 'x';
SELECT op, n, changed FROM taken();

-- what differs is what differs, wherever columns lie and whatever is null
CREATE TABLE mixed (id int PRIMARY KEY, a bool, b text, c smallint, d numeric, e int[], f "char", g bigint, h varchar(9), i timestamptz, j double precision);
CREATE TABLE mixed_before (LIKE mixed);
SELECT capture('mixed', '{id}');
CREATE FUNCTION cap_tools.chance(n int) RETURNS int LANGUAGE sql AS $$ SELECT nullif(floor(random() * (n + 1))::int, n) $$;
SELECT setseed(0.29);
INSERT INTO mixed (id) SELECT generate_series(1, 200);
DELETE FROM tandem._outbox;
DO $$
DECLARE
    wrong int;
BEGIN
    FOR round IN 1..20 LOOP
        TRUNCATE cap.mixed_before;
        INSERT INTO cap.mixed_before SELECT * FROM cap.mixed;
        FOR k IN 1..200 LOOP
            UPDATE cap.mixed SET a = chance(1) = 0, b = repeat('x', chance(3)), c = chance(2), d = chance(3) / 2.0, e = ARRAY[chance(1)], f = chr(64 + chance(2))::"char",
                g = chance(2), h = 'v' || chance(3), i = 'epoch'::timestamptz + chance(2) * interval '1 s', j = chance(2) WHERE id = k;
        END LOOP;
        SELECT count(*) INTO wrong FROM cap.mixed new JOIN cap.mixed_before old USING (id)
          LEFT JOIN tandem._outbox x ON x.keys[1][1] = new.id::text AND x."table" = 'cap.mixed'::regclass
         WHERE (SELECT array_agg(p.attname ORDER BY p.attnum) FROM pg_attribute p WHERE p.attrelid = 'cap.mixed'::regclass AND p.attnum > 0
                   AND to_jsonb(new) -> p.attname::text IS DISTINCT FROM to_jsonb(old) -> p.attname::text)
               IS DISTINCT FROM
               (SELECT array_agg(p.attname ORDER BY p.attnum) FROM pg_attribute p WHERE p.attrelid = 'cap.mixed'::regclass AND p.attnum > 0
                   AND p.attnum <= 8 * length(x.changed) AND get_bit(x.changed, p.attnum - 1) = 1);
        DELETE FROM tandem._outbox;
        IF wrong > 0 THEN
            RAISE WARNING 'round %: % rows are captured with other columns than those that differ', round, wrong;
        END IF;
    END LOOP;
END $$;

-- A column that is gone, a table whose columns were dropped and added
CREATE TABLE altered (gone int, id int, v text);
ALTER TABLE altered DROP gone;
SELECT capture('altered', '{id,v}');
INSERT INTO altered VALUES (1, 'a');
ALTER TABLE altered ADD w int DEFAULT 7;
UPDATE altered SET w = 7;
UPDATE altered SET w = 8;
ALTER TABLE altered DROP v;
DELETE FROM altered;
SELECT * FROM taken();

-- Partitions: a row of a leaf is a row of the mapped root, also where the leaf's columns stand in another order
CREATE TABLE parts (id int, at int, v text, w text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
SELECT capture('parts', '{id,at}', true);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (10);
CREATE TABLE parts_2 (junk int, w text, v text, at int NOT NULL, id int NOT NULL);
ALTER TABLE parts_2 DROP junk;
ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (10) TO (100);
INSERT INTO parts VALUES (1, 1, 'a'), (2, 20, 'b');
INSERT INTO parts_2 (id, at, v) VALUES (3, 30, 'c');
SELECT * FROM taken();
UPDATE parts SET v = 'x';
UPDATE parts_2 SET w = 'y' WHERE id = 3;
-- from one partition into another
UPDATE parts SET at = 50 WHERE id = 1;
UPDATE parts SET at = 60 WHERE id = 2;
DELETE FROM parts WHERE id = 3;
SELECT * FROM taken();
COPY parts FROM stdin (DELIMITER ' ', NULL '-');
7 2 a -
8 70 b -
\.
SELECT * FROM taken();
ALTER TABLE parts DETACH PARTITION parts_2;
DELETE FROM parts_2;
TRUNCATE parts;
SELECT * FROM taken();
-- a mapped leaf below a mapped root: each has its rows once
CREATE TABLE tree (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE tree_1 PARTITION OF tree FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id);
CREATE TABLE tree_11 PARTITION OF tree_1 FOR VALUES FROM (0) TO (10);
SELECT capture('tree_11', '{id}', true);
ALTER TRIGGER tandem_capture_rows ON tree_11 RENAME TO tandem_capture_rows_of_leaf;
SELECT capture('tree', '{id}', true);
INSERT INTO tree VALUES (1);
SELECT * FROM taken();

-- Foreign tables
CREATE EXTENSION postgres_fdw;
CREATE TABLE near (id int PRIMARY KEY, v text);
DO $$
BEGIN
    EXECUTE format('CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
        split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database());
END $$;
CREATE USER MAPPING FOR CURRENT_USER SERVER self;
CREATE FOREIGN TABLE far (id int, v text) SERVER self OPTIONS (schema_name 'cap', table_name 'near');
SELECT capture('far', '{id}', true);
INSERT INTO far VALUES (1, 'a'), (2, 'b');
UPDATE far SET id = 3, v = 'c' WHERE id = 2;
DELETE FROM far WHERE id = 1;
SELECT * FROM taken();

-- Row triggers of a table that other tables' statements reach, and logical replication
CREATE TABLE parent (id int PRIMARY KEY, v text);
CREATE TABLE child (v2 text) INHERITS (parent);
SELECT capture('parent', '{id}');
INSERT INTO child VALUES (1, 'in the child');
UPDATE parent SET v = 'through the parent';
DELETE FROM parent;
SELECT * FROM taken();
CREATE TABLE copied (id int PRIMARY KEY, v text);
SELECT capture('copied', '{id}', true, true);
SET session_replication_role = replica;
INSERT INTO orders VALUES (70, 'eu', 'replicated');
INSERT INTO copied VALUES (70, 'replicated');
RESET session_replication_role;
SELECT * FROM taken();

-- Triggers of users: what they do is captured as well
CREATE FUNCTION cap_tools.also() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cap.orders SET note = 'by a trigger' WHERE id = new.id;
    RETURN NULL;
END $$;
CREATE TRIGGER also AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION also();
INSERT INTO orders VALUES (80, 'eu', 'new');
DROP TRIGGER also ON orders;
SELECT * FROM taken();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION also();
INSERT INTO orders VALUES (81, 'eu', 'new');
DROP TRIGGER late ON orders;
SELECT * FROM taken();
-- in a function, with handlers
DO $$
BEGIN
    INSERT INTO cap.orders VALUES (82);
    BEGIN
        INSERT INTO cap.orders VALUES (83);
        RAISE 'no';
    EXCEPTION WHEN raise_exception THEN
        UPDATE cap.orders SET status = 'handled' WHERE id = 82;
    END;
END $$;
SELECT * FROM taken();

-- The trigger on a table of no mapping, or where it does not belong: writes nothing, and is in nobody's way
CREATE TABLE plain (id int PRIMARY KEY);
CREATE TRIGGER stray_before BEFORE INSERT OR UPDATE OR DELETE ON plain FOR EACH ROW EXECUTE FUNCTION tandem._capture_changes();
CREATE TRIGGER stray_after AFTER INSERT OR UPDATE OR DELETE ON plain FOR EACH ROW EXECUTE FUNCTION tandem._capture_changes();
CREATE TRIGGER stray_statement BEFORE INSERT ON plain FOR EACH STATEMENT EXECUTE FUNCTION tandem._capture_changes();
INSERT INTO plain VALUES (1), (2);
UPDATE plain SET id = id + 10;
DELETE FROM plain WHERE id = 12;
SELECT * FROM plain;
CREATE TRIGGER stray_update AFTER UPDATE ON orders REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION tandem._capture_changes();
UPDATE orders SET note = 'once' WHERE id = 80;
SELECT * FROM taken();
DROP TRIGGER stray_update ON orders;
SELECT tandem._capture_changes();

-- Somebody without any right on our schema, and with hostile settings
CREATE ROLE regress_tandem_nobody;
GRANT USAGE ON SCHEMA cap TO regress_tandem_nobody;
GRANT INSERT, SELECT, UPDATE ON cap.orders TO regress_tandem_nobody;
SET ROLE regress_tandem_nobody;
CREATE TEMP TABLE _outbox (seq bigint, "table" oid);
SET search_path = pg_temp;
SET row_security = off;
INSERT INTO cap.orders VALUES (90, 'eu', 'by nobody');
SELECT count(*) FROM tandem._outbox;
RESET ROLE; RESET row_security; RESET search_path;
SET search_path = cap, cap_tools;
DROP TABLE pg_temp._outbox;
SELECT * FROM taken();
REVOKE ALL ON cap.orders FROM regress_tandem_nobody;
REVOKE ALL ON SCHEMA cap FROM regress_tandem_nobody;
DROP ROLE regress_tandem_nobody;
-- serializable
BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO orders VALUES (91);
COMMIT;
SELECT * FROM taken();

-- A trigger that is switched off, and on again without ALWAYS
ALTER TABLE orders DISABLE TRIGGER ALL;
INSERT INTO orders VALUES (92);
SELECT * FROM taken();
ALTER TABLE orders ENABLE TRIGGER ALL;
INSERT INTO orders VALUES (93);
SELECT * FROM taken();

-- Our tables are gone: the error says how to be rid of the trigger
ALTER TABLE tandem._outbox RENAME TO _outbox_away;
INSERT INTO orders VALUES (94);
ALTER TABLE tandem._outbox_away RENAME TO _outbox;
-- A newer outbox has more columns
ALTER TABLE tandem._outbox ADD later text;
INSERT INTO orders VALUES (94);
ALTER TABLE tandem._outbox DROP later;
INSERT INTO orders VALUES (95);
SELECT * FROM taken();

DROP EXTENSION postgres_fdw CASCADE;
DROP SCHEMA cap CASCADE;
DROP SCHEMA cap_tools CASCADE;
DELETE FROM tandem._capture;
RESET search_path;
RESET client_min_messages;
