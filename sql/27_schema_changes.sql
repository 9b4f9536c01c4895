-- Tables that change under a mapping: event triggers. What happens at the source: unit and end-to-end tests.
SET ROLE regress_tandem_app;
\set VERBOSITY terse
SELECT tandem.create_connection('lake', 'rest', '{"base_url": "https://lake.example", "objects": {"fish": {"path": "/fish"}}}') > 0 AS made;
CREATE TABLE fish (id bigint PRIMARY KEY, name text, weight integer, note text);
SELECT tandem.create_mapping('fish', 'lake', 'fish', 'fish', '{"id": "id", "Name": "name", "weight": {"column": "weight"}}') > 0 AS made;

-- each kind, once; columns that are not mapped do not matter
ALTER TABLE fish RENAME name TO called;
ALTER TABLE fish ALTER weight TYPE numeric(8,2);
ALTER TABLE fish DROP note, ADD more text;
ALTER TABLE fish ALTER weight SET DEFAULT 0;
SELECT side, kind, field, column_name, old_type, new_type, ddl, status FROM tandem.schema_changes WHERE mapping IN ('fish', 'boats') ORDER BY change;
SELECT status, status_reason, next_step FROM tandem.mapping_status WHERE mapping = 'fish';
SELECT status, detail, fix FROM tandem.doctor() WHERE check_name = 'schema of fish';

-- what the hint says follows it; altering a mapping is looking at its table
SELECT ddl AS sql FROM tandem.schema_changes WHERE mapping = 'fish' AND kind = 'renamed' \gset
:sql
SELECT columns FROM tandem.mappings WHERE name = 'fish';
ALTER TABLE fish RENAME called TO name;
SELECT kind, column_name, new_type, status FROM tandem.schema_changes WHERE mapping IN ('fish', 'boats') ORDER BY change;
SELECT tandem.ignore_schema_change(change) FROM tandem.schema_changes WHERE mapping = 'fish' AND kind = 'renamed' AND status = 'open';
SELECT tandem.ignore_schema_change(change) FROM tandem.schema_changes WHERE mapping = 'fish' AND kind = 'renamed' AND status = 'open';
SELECT tandem.ignore_schema_change(0);
SELECT kind, status FROM tandem.schema_changes WHERE mapping IN ('fish', 'boats') ORDER BY change;

-- what was to be done about a column is over when it goes
CREATE TABLE bait (id int PRIMARY KEY, kind text);
SELECT tandem.create_mapping('bait', 'lake', 'fish', 'bait', '{"id": "id", "kind": "kind"}') > 0 AS made;
ALTER TABLE bait RENAME kind TO sort;
ALTER TABLE bait DROP sort;
SELECT kind, column_name, new_type, ddl, status FROM tandem.schema_changes WHERE mapping = 'bait' ORDER BY change;
SELECT tandem.drop_mapping('bait');
DROP TABLE bait;

-- somebody else's
RESET ROLE;
SET ROLE regress_tandem_other;
SELECT tandem.ignore_schema_change(change) FROM tandem.schema_changes WHERE kind = 'renamed' LIMIT 1;
RESET ROLE;
SET ROLE regress_tandem_app;

-- a pause names the change; a rollback takes it back
SELECT tandem.alter_mapping('fish', '{"options": {"schema_change": "pause"}, "columns": {"Name": "name"}}');
BEGIN;
ALTER TABLE fish DROP weight;
SELECT status, status_reason FROM tandem.mapping_status WHERE mapping = 'fish';
ROLLBACK;
SELECT status, status_reason FROM tandem.mapping_status WHERE mapping = 'fish';
-- a column that goes with its type
CREATE TYPE size AS ENUM ('s', 'l');
CREATE TABLE boats (id int PRIMARY KEY, size size);
SELECT tandem.create_mapping('boats', 'lake', 'fish', 'boats', '{"id": "id", "size": "size"}') > 0 AS made;
DROP TYPE size CASCADE;
DROP TABLE fish;
SELECT mapping, kind, column_name, old_type, ddl FROM tandem.schema_changes WHERE kind = 'dropped' AND mapping IN ('fish', 'boats') ORDER BY change;
SELECT mapping, status, status_reason FROM tandem.mapping_status WHERE mapping IN ('boats', 'fish') ORDER BY 1;

-- discard takes no notice
SELECT tandem.alter_mapping('boats', '{"columns": {"size": null}, "options": {"schema_change": "discard"}}');
ALTER TABLE boats RENAME id TO nr;
DROP TABLE boats;
SELECT count(*) FROM tandem.schema_changes WHERE mapping = 'boats' AND status = 'open' AND kind <> 'dropped';
\set VERBOSITY default
SELECT tandem.alter_mapping('fish', '{"target": "fish", "options": {"schema_change": "ignore"}}');
CREATE TABLE fish (id bigint PRIMARY KEY);
SELECT tandem.alter_mapping('fish', '{"target": "fish", "options": {"schema_change": "ignore"}}');
DROP TABLE fish;
SELECT tandem.drop_connection('lake', "cascade" => true);
SELECT count(*) FROM tandem.schema_changes WHERE mapping IN ('fish', 'boats');
RESET ROLE;
