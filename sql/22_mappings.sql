-- Mappings: made, checked, changed, exported, dropped.
SET ROLE regress_tandem_app;
CREATE TABLE contacts (id bigint PRIMARY KEY, email text NOT NULL, full_name varchar(20), updated_at timestamptz, raw jsonb);
CREATE TABLE teams (id int PRIMARY KEY, name text);

SELECT tandem.create_mapping('contacts', 'crm', 'contacts', 'contacts',
    '{"id": "id", "Email": {"column": "email", "required": true}, "Name": "full_name", "*": "raw"}',
    schedule => 'CRON_TZ=UTC 0 0 1 1 *', label => 'Contacts', metadata => '{"a": 1}') > 0 AS made;
SELECT name, connection, object, target, direction, columns, key, match_on, sync_mode, cursor_field, write_mode, schedule, options,
       enabled, paused, label, metadata, owner, definition_version FROM tandem.mappings;
SELECT tandem.create_mapping('teams', 'crm', 'teams', 'teams', '{"id": "id", "name": "name"}', sync_mode => 'full') > 0 AS made;
SELECT tandem.create_mapping('teams', 'crm', 'teams', 'teams', '{"id": "id"}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.create_mapping('teams', 'crm', 'teams', 'teams', '{"id": "id"}', if_not_exists => true) > 0 AS there;

-- mistakes
SELECT tandem.create_mapping('x', 'crn', 'teams', 'teams', '{"id": "id"}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.create_mapping('x', 'crm', 'team', 'teams', '{"id": "id"}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.create_mapping('x', 'crm', 'teams', 'no_such_table', '{"id": "id"}');
SELECT tandem.create_mapping('x', 'crm', 'teams', NULL, '{"id": "id"}');
SELECT tandem.create_mapping('x', 'crm', 'teams', 'teams', '{"id": "idd"}', sync_mode => 'full');
SELECT tandem.create_mapping('x', 'crm', 'teams', 'teams', '{"id": {"column": "id", "tpe": "number"}}', sync_mode => 'full');
SELECT tandem.create_mapping('x', 'crm', 'teams', 'teams', '{"id": "id"}', direction => 'outward');
SELECT tandem.create_mapping('x', 'crm', 'teams', 'teams', '{"id": "id"}', write_mode => 'upsrt');
SELECT tandem.create_mapping('x', 'crm', 'teams', 'teams', '{"id": "id"}', sync_mode => 'incremental');
SELECT tandem.create_mapping('x', 'crm', 'teams', 'teams', '{"id": "id"}', options => '{"page_sise": 5}');
SELECT tandem.create_mapping('x', 'crm', 'teams', 'teams', '{"id": "id"}', schedule => '61 * * * *');
SELECT tandem.create_mapping('x', 'crm', 'teams', 'teams', '{"id": "id"}', schedule => 'CRON_TZ=Mars/Base 0 9 * * *');
SELECT tandem.create_mapping('x', 'crm', 'teams', 'teams', '{"name": "name"}', sync_mode => 'full');
SELECT tandem.create_mapping('x', 'crm', 'contacts', 'contacts', '{"id": "id"}', sync_mode => 'full');

-- what cannot be a target
CREATE VIEW contacts_view AS SELECT * FROM contacts;
SELECT tandem.create_mapping('x', 'crm', 'teams', 'contacts_view', '{"id": "id"}');
\echo :LAST_ERROR_SQLSTATE
CREATE TEMP TABLE teams_temp (id int PRIMARY KEY);
SELECT tandem.create_mapping('x', 'crm', 'teams', 'pg_temp.teams_temp', '{"id": "id"}');
SELECT tandem.create_mapping('x', 'crm', 'teams', 'pg_catalog.pg_class', '{"id": "id"}');

-- whose rights
RESET ROLE;
SET ROLE regress_tandem_super;
SELECT tandem.create_mapping('x', 'crm', 'teams', 'teams', '{"id": "id"}');
\echo :LAST_ERROR_SQLSTATE
SET ROLE regress_tandem_group;
SELECT tandem.create_mapping('x', 'crm', 'teams', 'teams', '{"id": "id"}');
\echo :LAST_ERROR_SQLSTATE
SET ROLE regress_tandem_other;
SELECT tandem.create_mapping('x', 'crm', 'teams', 'teams', '{"id": "id"}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.alter_mapping('teams', '{"label": "mine"}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.drop_mapping('teams');
SELECT tandem.pause_mapping('teams');
SET ROLE regress_tandem_app;

-- checking
SELECT * FROM tandem.validate_mapping('teams');
SELECT * FROM tandem.validate_mapping('tems');
SELECT severity, code, field, column_name, message FROM tandem.check_mapping('{"name": "x", "connection": "crm", "object": "teams", "target": "teams", "columns": {"id": "id", "nme": "nme"}, "write_mode": "upsrt"}');
SELECT severity, code, message, hint FROM tandem.check_mapping('{"name": "x", "connection": "crn", "object": "teams", "target": "teams"}');
SELECT severity, code, message FROM tandem.check_mapping('{"nam": "x", "object": "teams"}');
SELECT severity, code, message FROM tandem.check_mapping('{}');
SELECT severity, code, message FROM tandem.check_mapping('{"name": "x", "connection": "crm", "object": "teams", "target": "no_such_table"}');
SELECT count(*) FROM tandem.check_mapping('{"name": "x", "connection": "crm", "object": "teams", "target": "teams", "columns": {"id": "id"}}');

-- changes: what is written by another definition is read again
SELECT tandem.alter_mapping('contacts', '{"label": null, "metadata": {"b": 2}}');
SELECT label, metadata, definition_version FROM tandem.mappings WHERE name = 'contacts';
SELECT tandem.alter_mapping('contacts', '{"columns": {"Name": null}}');
SELECT columns, definition_version FROM tandem.mappings WHERE name = 'contacts';
SELECT tandem.alter_mapping('contacts', '{"schedule": null}');
SELECT schedule, definition_version FROM tandem.mappings WHERE name = 'contacts';
SELECT tandem.alter_mapping('contacts', '{"sync_mode": "full"}');
SELECT tandem.alter_mapping('contacts', '{"sync_mode": null}');
SELECT tandem.alter_mapping('contacts', '{"name": "people"}');
SELECT tandem.alter_mapping('people', '{"name": "teams"}');
SELECT tandem.alter_mapping('people', '{"name": "contacts", "columns": [{"field": "id", "column": "id"}, {"field": "Email", "column": "email", "required": true}]}');
SELECT tandem.alter_mapping('contacts', '{"columns": {"Name": "full_name"}}');
SELECT columns, definition_version FROM tandem.mappings WHERE name = 'contacts';
SELECT tandem.alter_mapping('contacts', '{"colums": {}}');
SELECT tandem.alter_mapping('contacts', '{"columns": {"Name": "no_such_column"}}');
SELECT tandem.alter_mapping('contacts', '{"target": "no_such_table"}');
SELECT tandem.alter_mapping('contacts', '{"schedule": "every 0 minutes"}');
SELECT tandem.alter_mapping('contacts', '{"enabled": "yes"}');
SELECT tandem.alter_mapping('contacts', '{"metadata": []}');
SELECT tandem.alter_mapping('contacts', '{"metadata": null, "schedule": "0 0 30 2 *"}');
SELECT metadata FROM tandem.mappings WHERE name = 'contacts';
SELECT tandem.alter_mapping('contacts', '{"metadata": {"a": {"b": [1, null]}}, "schedule": null}');
SELECT tandem.alter_mapping('contacts', '{"connection": null}');

-- states
SELECT tandem.disable_mapping('contacts');
SELECT status, status_reason, next_step FROM tandem.mapping_status WHERE mapping = 'contacts';
SELECT tandem.enable_mapping('contacts');
SELECT tandem.pause_mapping('contacts');
SELECT status, status_reason, next_step FROM tandem.mapping_status WHERE mapping = 'contacts';
SELECT tandem.resume_mapping('contacts');
SELECT status, status_reason, next_step FROM tandem.mapping_status WHERE mapping = 'contacts';

-- export is SQL that makes it again
SELECT tandem.export_mapping('contacts');
SELECT tandem.alter_mapping('teams', '{"label": "it''s \"us\"", "options": {"on_error": "fail"}, "key": ["id"], "match_on": ["id"], "enabled": false}');
SELECT tandem.export_mapping('teams') AS sql \gset
SELECT tandem.drop_mapping('teams');
SELECT rtrim(:'sql', ';') AS body \gset
:body \gset made_
SELECT tandem.export_mapping('teams') = :'sql' AS same;
SELECT tandem.enable_mapping('teams');

-- connections in use stay, and a change of what an object is reads it again
SELECT tandem.drop_connection('crm');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.alter_connection('crm', '{"config": {"objects": {"teams": {"path": "/all-teams"}}}}');
SELECT name, definition_version FROM tandem.mappings ORDER BY name;

-- options, tables that can be mapped
SELECT option, type, "default", direction FROM tandem.mapping_options WHERE option IN ('keep_runs', 'on_error', 'page_size');
SELECT table_schema, table_name, table_columns -> 0 AS first_column, primary_key, mapped_by FROM tandem.mappable_tables ORDER BY 2;

-- where the next run begins
SELECT tandem.reset_cursor('contacts', '2026-01-31T12:00:00Z') IS NULL AS there_was_none;
SELECT tandem.reset_cursor('contacts', 'yesterday');
SELECT tandem.reset_cursor('contacts');
SELECT tandem.reset_cursor('teams', '5');
SELECT tandem.reset_cursor('teams') IS NULL AS nothing_to_reset;

-- what is done to a value is replaced as a whole
SELECT tandem.alter_mapping('teams', '{"columns": {"name": {"column": "name", "to_local": {"map": {"a": "b", "c": "d"}}}}}');
SELECT tandem.alter_mapping('teams', '{"columns": {"name": {"to_local": {"map": {"x": null}}}}}');
SELECT columns -> 'name' -> 'to_local' AS to_local FROM tandem.mappings WHERE name = 'teams';
SELECT tandem.alter_mapping('teams', '{"columns": {"name": {"to_local": {"sql": "upper(value)"}}}}');
SELECT columns -> 'name' -> 'to_local' AS to_local FROM tandem.mappings WHERE name = 'teams';

-- functions that cannot follow a run
CREATE FUNCTION refresh_it() RETURNS void LANGUAGE sql AS 'SELECT';
SELECT tandem.alter_mapping('teams', '{"options": {"follow_ups": [{"function": "refresh_it"}]}}');
DROP FUNCTION refresh_it();
SELECT severity, code, message FROM tandem.validate_mapping('teams') WHERE code = 'TD546';
SELECT tandem.alter_mapping('teams', '{"options": {"follow_ups": [{"function": "no such("}]}}');
SELECT tandem.alter_mapping('teams', '{"options": {"follow_ups": [{"function": "a.b.c.d(bigint)"}]}}');
SELECT tandem.alter_mapping('teams', '{"options": {"follow_ups": [{"function": "refresh_it(int)"}]}}');
SELECT tandem.alter_mapping('teams', '{"columns": {"name": "name"}, "options": {"follow_ups": null}}');

-- mappings that share a table, or refer to one another
SELECT tandem.create_mapping('mates', 'crm', 'contacts', 'teams', '{"id": "id"}', sync_mode => 'full', delete_mode => 'hard') > 0 AS made;
SELECT severity, code, message FROM tandem.validate_mapping('teams') WHERE code = 'TD532';
SELECT tandem.alter_mapping('mates', '{"name": "mates2", "delete_mode": "ignore"}');
SELECT tandem.drop_mapping('mates2');
CREATE TABLE members (id int PRIMARY KEY, team int);
SELECT tandem.create_mapping('members', 'crm', 'contacts', 'members', '{"id": "id", "team": {"column": "team", "reference": "teams2"}}', sync_mode => 'full') > 0 AS made;
SELECT tandem.copy_mapping('teams', 'teams2') > 0 AS made;
SELECT tandem.drop_mapping('teams2');
SELECT tandem.drop_mapping('members');
DROP TABLE members;

-- a table that is gone
CREATE TABLE doomed (id int PRIMARY KEY);
SELECT tandem.create_mapping('doomed', 'crm', 'teams', 'doomed', '{"id": "id"}', sync_mode => 'full') > 0 AS made;
DROP TABLE doomed;
SELECT status, target, status_reason, next_step FROM tandem.mapping_status WHERE mapping = 'doomed';
SELECT severity, message FROM tandem.validate_mapping('doomed');
SELECT tandem.alter_mapping('doomed', '{"enabled": false}');
-- made again, it is another table: the mapping has to be told
CREATE TABLE doomed (id int PRIMARY KEY);
SELECT status, target FROM tandem.mapping_status WHERE mapping = 'doomed';
SELECT tandem.alter_mapping('doomed', '{"target": "public.doomed", "enabled": true}');
SELECT status, target FROM tandem.mapping_status WHERE mapping = 'doomed';
DROP TABLE doomed;
SELECT tandem.drop_mapping('doomed');
RESET ROLE;
