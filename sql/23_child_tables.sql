-- Nested arrays in tables of their own: what is refused, with which fix; how they are written down.
CREATE TABLE not_mine (thing text, tag text);
SET ROLE regress_tandem_app;
CREATE TABLE parents (id text PRIMARY KEY, no bigint UNIQUE, name text);
CREATE TABLE lines (parent text NOT NULL REFERENCES parents, no int NOT NULL, sku text, total int GENERATED ALWAYS AS (no * 2) STORED);
CREATE VIEW line_view AS SELECT * FROM lines;
\set check 'SELECT severity, code, field, column_name, message, hint FROM tandem.check_mapping(jsonb_build_object(''name'', ''p'', ''connection'', ''crm'', ''object'', ''teams'', ''target'', ''parents'', ''sync_mode'', ''full'', ''columns'', ''{"id": "id"}''::jsonb || :columns)) WHERE code <> ''TD526'''

-- made, with names qualified; the missing index is a warning with its fix
SELECT tandem.create_mapping('p', 'crm', 'teams', 'parents',
    '{"id": "id", "lines[]": {"table": "lines", "columns": {"no": "no", "sku": {"column": "sku", "to_local": ["trim", {"sql": "value || ''!''"}]}}, "parent": "parent"}}',
    sync_mode => 'full') > 0 AS made;
SELECT columns FROM tandem.mappings WHERE name = 'p';
SELECT hint FROM tandem.validate_mapping('p') WHERE code = 'TD561' \gexec
SELECT code FROM tandem.validate_mapping('p') WHERE code = 'TD561';
SELECT tandem.export_mapping('p');
SELECT tandem.copy_mapping('p', 'q') > 0 AS copied;

-- a key needs its index
SELECT tandem.alter_mapping('p', '{"columns": {"lines[]": {"key": "no"}}}');
CREATE UNIQUE INDEX ON lines (parent, no);
SELECT tandem.alter_mapping('p', '{"columns": {"lines[]": {"key": "no"}}}');
SELECT columns -> 'lines[]' -> 'key' AS key FROM tandem.mappings WHERE name = 'p';

-- tables that do not do
\set columns '''{"lines[]": {"table": "nowhere", "columns": {"no": "no"}, "parent": "parent"}}'''
:check;
\set columns '''{"lines[]": {"table": "line_view", "columns": {"no": "no"}, "parent": "parent"}}'''
:check;
\set columns '''{"lines[]": {"table": "public.not_mine", "columns": {".": "tag"}, "parent": "thing"}}'''
:check;
\set columns '''{"lines[]": {"table": "parents", "columns": {"no": "name"}, "parent": "id"}}'''
:check;

-- columns that do not do
\set columns '''{"lines[]": {"table": "lines", "columns": {"no": "no", "sku": "skew", "t": "total"}, "parent": "parent"}}'''
:check;
\set columns '''{"lines[]": {"table": "lines", "columns": {"sku": "sku"}, "parent": "parent"}}'''
:check;
\set columns '''{"lines[]": {"table": "lines", "columns": {"no": "no", "p": "parent"}, "parent": "parent"}}'''
:check;
\set columns '''{"lines[]": {"table": "lines", "columns": {"no": {"column": "no", "to_local": {"sql": "value ||| 1"}}}, "parent": "parent"}}'''
:check;
\set columns '''{"lines[]": {"table": "lines", "columns": {"no": "no", "sku": {"column": "sku", "reference": "p"}}, "parent": "parent"}}'''
:check;
\set columns '''{"lines[]": {"table": "lines", "columns": {"no": "no", "sku": {"column": "sku", "reference": "nobody"}}, "parent": "parent"}}'''
:check;
\set columns '''{"lines[]": {"table": "lines", "columns": {"no": "no", "sku": {"column": "sku", "reference": {"mapping": "q", "key": "nothing"}}}, "parent": "parent"}}'''
:check;

-- parents that do not do
\set columns '''{"lines[]": {"table": "lines", "columns": {"no": "no"}}}'''
:check;
\set columns '''{"lines[]": {"table": "lines", "columns": {"no": "no"}, "parent": {"parent": "name"}}}'''
:check;
\set columns '''{"lines[]": {"table": "lines", "columns": {"sku": "sku"}, "parent": {"no": "id", "parent": "name"}}}'''
:check;
\set columns '''{"lines[]": {"table": "lines", "columns": {"no": "no"}, "parent": ["parent", "sku"]}}'''
:check;

-- arrays within arrays
\set columns '''{"lines[]": {"table": "lines", "columns": {"no": "no", "taxes[]": {"table": "taxes", "columns": {"rate": "rate"}, "parent": "line"}}, "parent": "parent"}}'''
:check;
SELECT tandem.alter_mapping('p', '{"write_mode": "append"}');

-- noticed
ALTER TABLE lines RENAME sku TO article;
SELECT m.name, c.side, c.kind, c.field, c.column_name, c.ddl FROM tandem.schema_changes c JOIN tandem.mappings m ON m.name = c.mapping ORDER BY 1;

-- a table that is given another name, or whose schema is, is followed at once: the name finds it after a restore
\set followed 'SELECT DISTINCT target_name, m.columns -> ''lines[]'' ->> ''table'' AS named FROM tandem._child_table JOIN tandem.mappings m USING (mapping_id)'
ALTER TABLE lines RENAME TO "Order lines";
RESET ROLE;
:followed;
CREATE SCHEMA shop AUTHORIZATION regress_tandem_app;
SET ROLE regress_tandem_app;
ALTER TABLE "Order lines" SET SCHEMA shop;
RESET ROLE;
:followed;
ALTER SCHEMA shop RENAME TO store;
:followed;
SET ROLE regress_tandem_app;
SELECT tandem.alter_mapping('p', '{"columns": {"lines[]": {"columns": {"sku": "article"}}}}');
SELECT columns -> 'lines[]' AS lines FROM tandem.mappings WHERE name = 'p';
DROP TABLE store."Order lines" CASCADE;
SELECT mapping, kind, field, old_type, ddl FROM tandem.schema_changes WHERE kind = 'dropped' ORDER BY 1;
SELECT severity, code, field, message, hint FROM tandem.validate_mapping('p');
SELECT tandem.drop_mapping('p'), tandem.drop_mapping('q');
DROP TABLE parents CASCADE;
RESET ROLE;
DROP SCHEMA store;
SELECT count(*) FROM tandem._child_table;
DROP TABLE not_mine;
