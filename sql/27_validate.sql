-- What a run would trip over, found beforehand; each hint, when it is run, is the fix.
SET ROLE regress_tandem_app;
\set findings 'SELECT severity, code, column_name, message, hint FROM tandem.validate_mapping(''checked'') WHERE code <> ''TD526'''
\set fixes 'SELECT hint FROM tandem.validate_mapping(''checked'') WHERE code <> ''TD526'' AND hint ~ ''^[A-Z]+ .*;$'''
\set make 'SELECT tandem.create_mapping(''checked'', ''crm'', ''teams'', ''checked'', ''{"id": "id", "name": "name"}'', sync_mode => ''full'') > 0 AS made'

-- sequences: of a serial column that gets no value; an identity column needs no right
RESET ROLE;
CREATE TABLE checked (id bigint PRIMARY KEY, name text, n serial, i int GENERATED ALWAYS AS IDENTITY);
GRANT SELECT, INSERT, UPDATE ON checked TO regress_tandem_app;
SET ROLE regress_tandem_app;
:make;
RESET ROLE;
GRANT USAGE ON SEQUENCE checked_n_seq TO regress_tandem_app;
SET ROLE regress_tandem_app;
:make;
RESET ROLE;
REVOKE ALL ON SEQUENCE checked_n_seq FROM regress_tandem_app;
:findings;
:fixes \gexec
:findings;

-- row level security without a policy that says yes
ALTER TABLE checked ENABLE ROW LEVEL SECURITY;
CREATE POLICY looks ON checked FOR SELECT TO regress_tandem_app USING (true);
CREATE POLICY never ON checked FOR INSERT WITH CHECK (false);
:findings;
:fixes \gexec
:findings;
ALTER TABLE checked DISABLE ROW LEVEL SECURITY;

-- the table itself
CREATE FUNCTION checked_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER watch BEFORE INSERT ON checked FOR EACH ROW EXECUTE FUNCTION checked_trigger();
ALTER TABLE checked DISABLE TRIGGER watch;
ALTER TABLE checked SET UNLOGGED;
:findings ORDER BY message;
:fixes \gexec
:findings;
ALTER TABLE checked ADD EXCLUDE (name WITH =);
:findings;
ALTER TABLE checked DROP CONSTRAINT checked_name_excl;

-- unique indexes that do not do
ALTER TABLE checked DROP CONSTRAINT checked_pkey, ADD CONSTRAINT checked_key UNIQUE (id) DEFERRABLE;
:findings;
:fixes \gexec
:findings;
DROP INDEX checked_id_idx;
ALTER TABLE checked DROP CONSTRAINT checked_key;
CREATE UNIQUE INDEX checked_some ON checked (id) WHERE name IS NOT NULL;
:findings;
DROP INDEX checked_some;
CREATE UNIQUE INDEX checked_whole ON checked (id);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'checked_whole'::regclass;
:findings;
:fixes \gexec
:findings;
DROP TABLE checked;
SET ROLE regress_tandem_app;
SELECT tandem.drop_mapping('checked');

-- operators of a key whose schema the owner may not use
RESET ROLE;
CREATE SCHEMA regress_tandem_types;
CREATE EXTENSION citext SCHEMA regress_tandem_types;
CREATE TABLE checked (id regress_tandem_types.citext PRIMARY KEY, name text);
GRANT SELECT, INSERT, UPDATE ON checked TO regress_tandem_app;
GRANT USAGE ON SCHEMA regress_tandem_types TO regress_tandem_app;
SET ROLE regress_tandem_app;
:make;
RESET ROLE;
REVOKE USAGE ON SCHEMA regress_tandem_types FROM regress_tandem_app;
:findings;
:fixes \gexec
:findings;
DROP TABLE checked;
SET ROLE regress_tandem_app;
SELECT tandem.drop_mapping('checked');

-- partitions
CREATE TABLE checked (id bigint, name text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
:make;
SELECT tandem.drop_mapping('checked');
CREATE TABLE checked_1 PARTITION OF checked FOR VALUES FROM (1) TO (10);
:make;
:findings;
:fixes \gexec
:findings;

-- what keeps a sound mapping from running
SELECT tandem.disable_mapping('checked');
SELECT tandem.pause_mapping('checked');
SELECT tandem.pause_connection('crm');
SELECT tandem.set_credentials('crm', '{"token": null}');
:findings;
:fixes \gexec
SELECT tandem.set_credentials('crm', '{"token": "s3cr3t-value"}');
:findings;
SELECT tandem.create_connection('plain', 'rest', '{"base_url": "http://10.1.2.3/v1", "objects": {"teams": {"path": "/teams"}}}') > 0 AS made;
SELECT tandem.alter_mapping('checked', '{"connection": "plain"}');
:findings;
SELECT tandem.alter_connection('plain', '{"config": {"base_url": "https://[::1]:8080/v1"}}');
:findings;
SELECT tandem.drop_mapping('checked');
SELECT tandem.drop_connection('plain');
DROP TABLE checked;
RESET ROLE;
DROP FUNCTION checked_trigger();
DROP EXTENSION citext;
DROP SCHEMA regress_tandem_types;
