-- Copies of mappings; exports that make the same mapping again.
SET ROLE regress_tandem_app;
CREATE TABLE people (source text, id bigint, email text, full_name text DEFAULT 'x', extra jsonb, run bigint, synced_at timestamptz,
                     PRIMARY KEY (source, id));
CREATE TABLE leads (id bigint PRIMARY KEY, email text NOT NULL);
CREATE FUNCTION refresh(run bigint) RETURNS void LANGUAGE sql AS '';

-- every argument and every option that is not what it would be anyway
SELECT tandem.create_mapping('everything', 'crm', 'contacts', 'people',
    '[{"field": "id", "column": "id", "required": true}, {"field": "Email", "column": "email", "type": "email-address"},
      {"field": "Email", "column": "full_name", "default": "it''s \"nobody\""}, {"column": "extra", "constant": {"a": [1, null]}}]',
    key => '{id}', match_on => '{id,source}', sync_mode => 'incremental', cursor_field => 'updated_at', write_mode => 'update',
    schedule => 'CRON_TZ=UTC 0 0 1 1 *',
    options => '{"on_error": "fail", "params": {"q": "a''b\\c"}, "keep_runs": 7, "backfill": false,
                 "stamp": {"source": "connection", "run": "run", "synced_at": "now"},
                 "record_log": {"level": "changes", "days": 7}, "run_log": true,
                 "follow_ups": ["teams", {"function": "refresh(bigint)"}], "after": ["teams"]}',
    enabled => false, label => 'a ''label''', metadata => '{"big": 12345678901234567890.5}') > 0 AS made;
SELECT tandem.export_mapping('everything') AS sql \gset
SELECT to_jsonb(m) - '{mapping_id,uuid,created_at,updated_at}'::text[] AS row FROM tandem.mappings m WHERE name = 'everything' \gset
\echo :sql
SELECT tandem.drop_mapping('everything');
SELECT rtrim(:'sql', ';') AS body \gset
:body \gset made_
SELECT tandem.export_mapping('everything') = :'sql' AS same_text,
       (SELECT to_jsonb(m) - '{mapping_id,uuid,created_at,updated_at}'::text[] FROM tandem.mappings m WHERE name = 'everything') = :'row' AS same;

-- what else a definition can hold: conditions and filters, deletes, transforms, references, expressions, a table and columns to quote
CREATE TABLE "Members" (id bigint PRIMARY KEY, team int, "E-mail" text, joined date, tags text[], score numeric, raw jsonb, gone boolean, gone_at timestamptz, error text);
CREATE FUNCTION tidy(value text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT btrim(value)';
SELECT tandem.create_mapping('members', 'crm', 'contacts', '"Members"',
    '{"id": "id", "team": {"column": "team", "reference": {"mapping": "teams", "missing": "null"}}, "*": "raw",
      "Email": {"column": "E-mail", "to_local": ["trim", "lowercase", {"map": {"x''y": "z\\"}}, {"function": "tidy(text)"}]},
      "Joined": {"column": "joined", "to_local": [{"date_format": "DD.MM.YYYY"}]},
      "Tags": {"column": "tags", "to_local": [{"split": ","}]}, "Score": {"column": "score", "to_local": [{"sql": "value::numeric / 100"}]}}',
    sync_mode => 'full', delete_mode => 'soft', schedule => 'every 5 minutes',
    conditions => '{"and": [{">": [{"var": "score"}, 1.50]}, {"in": [{"var": "status"}, ["a''b", null]]}]}',
    options => '{"filters": {"status": ["active", "new"]}, "soft_delete_columns": {"gone": true, "gone_at": "now"}, "delete_brake": {"percent": 5, "rows": 3},
                 "hash_fields": ["Email"], "verify": "source", "status_columns": {"last_error": "error"}, "schema_change": "pause"}') > 0 AS made;
SELECT tandem.export_mapping('members') AS sql \gset
SELECT to_jsonb(m) - '{mapping_id,uuid,created_at,updated_at,next_run_at}'::text[] AS row FROM tandem.mappings m WHERE name = 'members' \gset
\echo :sql
SELECT tandem.drop_mapping('members');
SELECT rtrim(:'sql', ';') AS body \gset
:body \gset made_
SELECT tandem.export_mapping('members') = :'sql' AS same_text,
       (SELECT to_jsonb(m) - '{mapping_id,uuid,created_at,updated_at,next_run_at}'::text[] FROM tandem.mappings m WHERE name = 'members') = :'row' AS same;
SELECT tandem.drop_mapping('members');
DROP TABLE "Members";
DROP FUNCTION tidy(text);

-- a copy is another mapping, with changes
SELECT tandem.copy_mapping('everything', 'twin') > 0 AS made;
SELECT replace(tandem.export_mapping('twin'), 'twin', 'everything') = tandem.export_mapping('everything') AS like_it;
SELECT tandem.copy_mapping('contacts', 'leads', '{"target": "leads", "columns": {"*": null, "Name": null}, "label": "Leads", "metadata": {"b": 2}}') > 0 AS made;
SELECT name, connection, object, target, columns, label, metadata, enabled FROM tandem.mappings WHERE name = 'leads';
SELECT tandem.copy_mapping('contacts', 'leads');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.copy_mapping('contcts', 'x');
SELECT tandem.copy_mapping('contacts', 'x', '{"name": "y"}');
SELECT tandem.copy_mapping('contacts', 'x', '{"tabel": "y"}');
SELECT tandem.copy_mapping('contacts', 'x', '{"columns": {"Email": "no_such_column"}}');
SELECT tandem.copy_mapping('contacts', 'x', to_tenant => 'acme');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.copy_mapping('leads', 'leads_2', '{"enabled": false}', to_tenant => 'default') > 0 AS made;
-- it belongs to whoever made it, who needs the rights
RESET ROLE;
SET ROLE regress_tandem_other;
SELECT tandem.copy_mapping('leads', 'stolen');
\echo :LAST_ERROR_SQLSTATE
SET ROLE regress_tandem_app;

-- columns that were given as an array are patched by field; what has no field stays where it is
SELECT tandem.alter_mapping('twin', '{"columns": {"id": {"required": null}, "Name": "full_name", "Email": null}}');
SELECT columns, definition_version FROM tandem.mappings WHERE name = 'twin';
SELECT tandem.alter_mapping('everything', '{"columns": {"Email": "email"}}');
SELECT tandem.alter_mapping('twin', '{"columns": {"Name": 7}}');

-- backfill: whether a changed definition is read anew
RESET ROLE;
SET ROLE tandem_owner;
UPDATE tandem._mapping SET cursor_value = '2026-01-01T00:00:00Z', resume = '{"at": {}}' WHERE name IN ('twin', 'leads');
RESET ROLE;
SET ROLE regress_tandem_app;
SELECT tandem.alter_mapping('leads', '{"columns": {"Email": {"column": "email", "required": null}}}');
SELECT tandem.alter_mapping('twin', '{"columns": {"Name": null}}');
SELECT m.name, m.definition_version, r.cursor_value, r.resume FROM tandem.mappings m JOIN tandem._mapping r USING (mapping_id)
 WHERE m.name IN ('twin', 'leads') ORDER BY 1;
SELECT tandem.alter_mapping('twin', '{"options": {"params": {"q": "other"}}}');
SELECT r.cursor_value FROM tandem._mapping r WHERE name = 'twin';
SELECT tandem.alter_mapping('leads', '{"sync_mode": "full", "options": {"backfill": false}}');

SELECT tandem.drop_mapping(name) FROM unnest('{everything,twin,leads,leads_2}'::text[]) name;
DROP TABLE people, leads;
DROP FUNCTION refresh(bigint);
RESET ROLE;
