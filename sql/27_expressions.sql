-- The SQL in columns: what is refused, and how it is written down.
SET ROLE regress_tandem_app;
CREATE TABLE priced (id int PRIMARY KEY, cents integer, note varchar(5), amount numeric(5,2)[], at timestamptz);
CREATE FUNCTION half(v numeric) RETURNS numeric LANGUAGE sql AS 'SELECT v / 2';
CREATE FUNCTION many(v text) RETURNS SETOF text LANGUAGE sql AS 'SELECT v';
CREATE TABLE codes (code text, label text, tags text[]);
CREATE FUNCTION found(sql text) RETURNS TABLE (code text, message text, hint text) LANGUAGE sql AS $$
  SELECT code, message, hint FROM tandem.check_mapping(jsonb_build_object('name', 'x', 'connection', 'crm', 'object', 'teams',
    'target', 'priced', 'sync_mode', 'full', 'columns', jsonb_build_array('{"field": "id", "column": "id"}'::jsonb,
      jsonb_build_object('field', 'price', 'column', 'cents', 'to_local', jsonb_build_array(jsonb_build_object('sql', sql))))))
   WHERE severity = 'error' $$;
CREATE FUNCTION said(step jsonb, col text DEFAULT 'note') RETURNS TABLE (code text, message text, hint text) LANGUAGE sql AS $$
  SELECT code, message, hint FROM tandem.check_mapping(jsonb_build_object('name', 'x', 'connection', 'crm', 'object', 'teams',
    'target', 'priced', 'sync_mode', 'full', 'columns', jsonb_build_array('{"field": "id", "column": "id"}'::jsonb,
      jsonb_build_object('field', 'price', 'column', col, 'to_local', step))))
   WHERE severity = 'error' $$;

-- one expression over value and record, and nothing else
SELECT * FROM found('value::integer');
SELECT * FROM found('(record->>''price'')::integer + length(value)');
SELECT * FROM found('1) FROM pg_authid; DROP TABLE priced; --');
SELECT * FROM found('1; DROP TABLE priced');
SELECT * FROM found('1) FROM pg_authid --');
SELECT * FROM found('1), (2');
SELECT * FROM found('1 AS x');
SELECT * FROM found('1) UNION SELECT (2');
SELECT * FROM found('(SELECT oid::integer FROM pg_authid LIMIT 1)');
SELECT * FROM found('EXISTS (SELECT)::integer');
SELECT * FROM found('sum(1)::integer');
SELECT * FROM found('row_number() OVER ()::integer');
SELECT * FROM found('generate_series(1, 2)');
SELECT * FROM found('oid::integer');
SELECT * FROM found('"the value".value::integer');
SELECT * FROM found('("the value").*');
SELECT * FROM found('$1');
SELECT * FROM found('value +');
SELECT * FROM found('value /* open');
SELECT * FROM found('no_such_function(value)');
SELECT * FROM found('pg_read_file(value)::integer');
SELECT * FROM found('value');
SELECT * FROM found('now()');
SELECT * FROM found('value::integer -- a comment');

-- functions, lookups, order
SELECT * FROM said('{"function": "half(numeric)"}', 'cents');
SELECT * FROM said('{"function": "half"}', 'cents');
SELECT * FROM said('{"function": "many(text)"}');
SELECT * FROM said('{"function": "pg_read_file(text)"}');
SELECT * FROM said('{"function": "no_such(text)"}');
SELECT * FROM said('{"lookup": {"table": "codes", "key": "code", "value": "label"}}');
SELECT * FROM said('{"lookup": {"table": "codes", "key": "code", "value": "tags"}}');
SELECT * FROM said('{"lookup": {"table": "codes", "key": "cod", "value": "label"}}');
SELECT * FROM said('{"lookup": {"table": "no_such", "key": "code", "value": "label"}}');
SELECT * FROM said('{"lookup": {"table": "pg_catalog.pg_authid", "key": "rolname", "value": "rolpassword"}}');
SELECT * FROM said('[{"sql": "upper(value)"}, {"cast": "integer"}]');
SELECT * FROM said('{"sql": "ARRAY[1.5]::numeric[]"}', 'amount');

-- names are resolved by the author's path and written down qualified
SELECT tandem.create_mapping('priced', 'crm', 'teams', 'priced', '[{"field": "id", "column": "id"},
  {"field": "price", "column": "cents", "to_local": [{"sql": "half(value::numeric)"}]},
  {"field": "price", "column": "note", "to_local": ["trim", {"lookup": {"table": "codes", "key": "code", "value": "label"}}]},
  {"column": "at", "sql": "to_timestamp((record->>''at'')::float8)"}]', sync_mode => 'full') > 0 AS made;
SELECT jsonb_pretty(columns) FROM tandem.mappings WHERE name = 'priced';
SELECT tandem.alter_mapping('priced', '{"label": "again"}');
SELECT tandem.export_mapping('priced') LIKE '%public.half%' AS qualified;
SELECT tandem.drop_mapping('priced');
DROP TABLE priced, codes;
DROP FUNCTION found, said, half, many;
RESET ROLE;
