-- References between mappings: what is refused, with which fix; the order of runs.
CREATE TABLE secret_teams (id int PRIMARY KEY, remote text UNIQUE);
SET ROLE regress_tandem_app;
CREATE TABLE ref_a (id bigserial PRIMARY KEY, remote text UNIQUE, b bigint);
CREATE TABLE ref_b (id bigserial PRIMARY KEY, remote text UNIQUE, a bigint REFERENCES ref_a);
CREATE TABLE ref_c (remote text PRIMARY KEY, b bigint NOT NULL, label text, n int);
CREATE TABLE ref_d (x int, y text, PRIMARY KEY (x, y));
CREATE TABLE ref_e (id serial PRIMARY KEY, name text UNIQUE);

-- parents first; what does not exist yet is a warning
SELECT tandem.create_mapping('ref_c', 'crm', 'teams', 'ref_c', '{"id": "remote", "b": {"column": "b", "reference": "ref_b"}}', sync_mode => 'full') > 0 AS made;
SELECT tandem.create_mapping('ref_b', 'crm', 'teams', 'ref_b', '{"id": "remote", "a": {"column": "a", "reference": {"mapping": "ref_a"}}}', sync_mode => 'full') > 0 AS made;
SELECT tandem.create_mapping('ref_a', 'crm', 'teams', 'ref_a', '{"id": "remote"}', sync_mode => 'full') > 0 AS made;
SELECT severity, code, message FROM tandem.validate_mapping('ref_c');
RESET ROLE;
SELECT m.name, m.rank, (SELECT array_agg(p.name) FROM tandem._mapping p WHERE p.mapping_id = ANY (m.waits_on)) AS waits_on
  FROM tandem._mapping m WHERE m.name LIKE 'ref%' ORDER BY 1;
SET ROLE regress_tandem_app;
-- a circle shares a rank
SELECT tandem.alter_mapping('ref_a', '{"columns": {"b": {"column": "b", "to_local": ["trim", {"reference": {"mapping": "ref_b"}}]}}}');
RESET ROLE;
SELECT m.name, m.rank, (SELECT array_agg(p.name) FROM tandem._mapping p WHERE p.mapping_id = ANY (m.waits_on)) AS waits_on
  FROM tandem._mapping m WHERE m.name LIKE 'ref%' ORDER BY 1;
SET ROLE regress_tandem_app;
-- mistakes
SELECT tandem.alter_mapping('ref_c', '{"columns": {"b": {"column": "b", "reference": {"maping": "ref_b"}}}}');
SELECT tandem.alter_mapping('ref_c', '{"columns": {"b": {"column": "b", "reference": {"mapping": "ref_b", "missing": "skip"}}}}');
SELECT tandem.alter_mapping('ref_c', '{"columns": {"b": {"column": "b", "reference": {"mapping": "ref_b", "key": "idd"}}}}');
SELECT tandem.alter_mapping('ref_c', '{"columns": {"b": {"column": "b", "reference": "ref_b", "default": 1}}}');
SELECT tandem.create_mapping('ref_d', 'crm', 'teams', 'ref_d', '{"id": "x", "name": "y"}', key => '{id,name}', sync_mode => 'full') > 0 AS made;
SELECT tandem.alter_mapping('ref_c', '{"columns": {"b": {"column": "b", "reference": "ref_d"}}}');
SELECT tandem.create_mapping('ref_e', 'crm', 'teams', 'ref_e', '{"name": "name"}', write_mode => 'append', sync_mode => 'full') > 0 AS made;
SELECT severity, code, column_name, message, hint FROM tandem.check_mapping('{"name": "x", "connection": "crm", "object": "teams", "target": "ref_c", "sync_mode": "full",
    "columns": {"id": "remote", "b": {"column": "b", "reference": "ref_e"}, "l": {"column": "n", "reference": "ref_a"}}}');
RESET ROLE;
UPDATE tandem._mapping SET target = 'secret_teams'::regclass WHERE name = 'ref_b';
SET ROLE regress_tandem_app;
SELECT severity, code, column_name, message, hint FROM tandem.validate_mapping('ref_c') WHERE code = 'TD552';
SELECT tandem.drop_mapping(name) FROM unnest(ARRAY['ref_a', 'ref_b', 'ref_c', 'ref_d', 'ref_e']) AS name;
DROP TABLE ref_a, ref_b, ref_c, ref_d, ref_e;
RESET ROLE;
DROP TABLE secret_teams;
