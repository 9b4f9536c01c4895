-- View contracts: stored ones, and those that the target says by itself.
SET ROLE regress_tandem_app;
SET client_min_messages = warning;
\set show 'SELECT mapping, origin_id, local_key, hash IS NOT NULL AS hashed, last_action, changed_at IS NOT NULL AS timed, stored FROM tandem.contracts WHERE mapping LIKE ''c\\_%'' ORDER BY mapping, origin_id COLLATE "C"'
CREATE TABLE c_rows (id bigint PRIMARY KEY, name text, updated_at timestamptz);
CREATE TABLE c_pairs (code text, at timestamptz, name text, PRIMARY KEY (at, code));
CREATE TABLE c_stamped (id int, owner text, name text, PRIMARY KEY (owner, id));
CREATE TABLE c_emails (email text PRIMARY KEY, id bigint, name text);
INSERT INTO c_rows VALUES (2, 'two', now()), (-10, NULL, NULL);
INSERT INTO c_pairs VALUES ('a"b', '2026-01-02 03:04:05+06', 'x'), ('ü', '2026-01-02 03:04:05.5Z', NULL);
INSERT INTO c_stamped VALUES (1, 'c_stamped', 'ours'), (2, 'theirs', 'not ours');
INSERT INTO c_emails VALUES ('a@example.com', 1, 'Ann');
SELECT tandem.create_mapping('c_rows', 'crm', 'contacts', 'c_rows', '{"id": "id", "name": "name"}') > 0,
       tandem.create_mapping('c_pairs', 'crm', 'contacts', 'c_pairs', '{"code": "code", "at": "at", "name": "name"}', key => '{code,at}') > 0,
       tandem.create_mapping('c_stamped', 'crm', 'contacts', 'c_stamped', '{"id": "id", "name": "name"}', options => '{"stamp": {"owner": "mapping"}}') > 0,
       tandem.create_mapping('c_emails', 'crm', 'contacts', 'c_emails', '{"id": "id", "email": "email"}', match_on => '{email}') > 0;
:show;

-- what is stored counts alone
SELECT tandem.alter_mapping('c_rows', '{"sync_mode": "full", "options": {"verify": "source"}}');
:show;
SET ROLE tandem_owner;
INSERT INTO tandem._contract (mapping_id, hash, last_action, origin_id, local_key, remote_version, deleted_at)
SELECT m.mapping_id, 7, v.action::"char", v.id, v.local_key::jsonb, 'v1', CASE v.action WHEN 'd' THEN now() END
  FROM (VALUES ('c_rows', 'c', '2', NULL), ('c_rows', 'd', '3', NULL), ('c_emails', 'u', '1', '{"email": "a@example.com"}')) v (mapping, action, id, local_key)
  JOIN tandem._mapping m ON m.name = v.mapping;
SET ROLE regress_tandem_app;
:show;
SELECT remote_version, deleted_at IS NOT NULL AS deleted, created_at = changed_at AS once FROM tandem.contracts WHERE mapping = 'c_rows' ORDER BY origin_id;
SELECT tandem.alter_mapping('c_rows', '{"options": {"verify": "target"}}');
:show;
SELECT tandem.alter_mapping('c_rows', '{"delete_mode": "hard"}');
SELECT origin_id, stored FROM tandem.contracts WHERE mapping = 'c_rows' ORDER BY 1;

-- nobody approves what no run could delete
SELECT tandem.pause_mapping('c_rows');
SELECT tandem.approve_deletes('c_rows', 1);
SELECT tandem.resume_mapping('c_rows');

-- whose rights
GRANT SELECT ON c_pairs TO regress_tandem_other;
SET ROLE regress_tandem_other;
SELECT mapping, count(*) FROM tandem.contracts WHERE mapping LIKE 'c\_%' AND NOT stored GROUP BY 1 ORDER BY 1;
SET ROLE regress_tandem_app;
ALTER TABLE c_pairs ENABLE ROW LEVEL SECURITY;
CREATE POLICY part ON c_pairs FOR SELECT TO regress_tandem_other USING (name = 'x');
SET ROLE regress_tandem_other;
SELECT origin_id FROM tandem.contracts WHERE mapping = 'c_pairs';
SET ROLE regress_tandem_app;

-- names that rows are stamped with
SELECT tandem.alter_mapping('c_stamped', '{"name": "c_stumped"}');
\echo :LAST_ERROR_SQLSTATE
BEGIN;
UPDATE c_stamped SET owner = 'c_stumped' WHERE owner = 'c_stamped';
SELECT tandem.alter_mapping('c_stamped', '{"name": "c_stumped"}');
SELECT mapping, origin_id FROM tandem.contracts WHERE mapping = 'c_stumped';
ROLLBACK;
SELECT tandem.alter_mapping('c_stamped', '{"options": {"stamp": {"owner": "connection"}}}');
UPDATE c_stamped SET owner = 'crm' WHERE owner = 'c_stamped';
SELECT tandem.alter_connection('crm', '{"name": "crn"}');
UPDATE c_stamped SET owner = 'c_stamped' WHERE owner = 'crm';
SELECT tandem.alter_connection('crm', '{"name": "crn"}');
SELECT tandem.alter_connection('crn', '{"name": "crm"}');
SELECT tandem.alter_mapping('c_stamped', '{"options": {"stamp": {"owner": "mapping"}}}');

-- a time zone that the server does not know (any more)
SET ROLE tandem_owner;
UPDATE tandem._connection SET config = jsonb_set(config, '{objects,contacts,cursor,zone}', '"Europe/Pari"') WHERE name = 'crm';
SET ROLE regress_tandem_app;
SELECT severity, code, message, hint FROM tandem.validate_mapping('c_rows') WHERE code = 'TD503';
SELECT tandem.alter_mapping('c_rows', '{"columns": {"name": null}}');
SET ROLE tandem_owner;
UPDATE tandem._connection SET config = config #- '{objects,contacts,cursor,zone}' WHERE name = 'crm';
SET ROLE regress_tandem_app;

-- many rows, a table that is gone, a mapping that is
INSERT INTO c_stamped SELECT n, 'c_stamped', 'x' FROM generate_series(10, 5000) n;
SELECT count(*), count(DISTINCT origin_id) FROM tandem.contracts WHERE mapping = 'c_stamped';
DROP TABLE c_stamped;
SELECT count(*) FROM tandem.contracts WHERE mapping = 'c_stamped';
SELECT count(*) FROM tandem._derived_contracts(-1), tandem._derives_contracts(NULL);
SELECT tandem.drop_mapping(name) FROM tandem.mappings WHERE name LIKE 'c\_%';
:show;
DROP TABLE c_rows, c_pairs, c_emails;
RESET client_min_messages;
RESET ROLE;
SELECT count(*) AS orphaned FROM tandem._contract WHERE NOT mapping_id IN (SELECT mapping_id FROM tandem._mapping);
