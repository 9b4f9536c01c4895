SELECT tandem.create_connection('iso', 'rest', '{
  "base_url": "http://127.0.0.1:8080",
  "objects": {
    "countries": {"path": "/countries.json", "records": "3166-1", "id": "alpha_2"},
    "countries_broken": {"path": "/countries_broken.json", "records": "3166-1", "id": "alpha_2"},
    "subdivisions": {"path": "/subdivisions/1.json", "records": "3166-2", "id": "code",
                     "paging": {"style": "next_url", "next": "next"}},
    "languages": {"path": "/languages.json", "records": "639-3", "id": "alpha_3"}}}');
SELECT * FROM tandem.test_connection('iso');

\echo '\n-- What is there? Read from the data itself.'
SELECT field, data_type, pg_type, required, is_key FROM tandem.list_fields('iso', 'countries');

\echo '\n-- Tables made to fit, and mappings: every field whose name is a column.'
SELECT tandem.create_table_for('iso', 'countries', 'public.countries');
SELECT tandem.create_table_for('iso', 'subdivisions', 'public.subdivisions');
SELECT tandem.create_table_for('iso', 'languages', 'public.languages');
SELECT tandem.create_mapping('countries', 'iso', 'countries', 'public.countries');
SELECT tandem.create_mapping('subdivisions', 'iso', 'subdivisions', 'public.subdivisions');
SELECT tandem.create_mapping('languages', 'iso', 'languages', 'public.languages');

\echo '\n-- The first sync. sync_now takes effect at COMMIT; wait_for_run waits for the outcome.'
SELECT mapping, tandem.sync_now(mapping) AS run FROM tandem.mapping_status ORDER BY mapping;
SELECT mapping, tandem.wait_for_run(last_run) FROM tandem.mapping_status ORDER BY mapping;

\echo '\n-- The rows: ordinary tables.'
SELECT alpha_2, name, official_name, numeric FROM countries WHERE alpha_2 IN ('AX', 'CI', 'DE', 'ST') ORDER BY alpha_2;
SELECT s.code, s.name, s.type, p.name AS parent
FROM subdivisions s JOIN subdivisions p ON p.code = s.parent ORDER BY s.code LIMIT 5;
SELECT type, count(*), min(name) FROM languages GROUP BY type ORDER BY type;

SELECT mapping, target, status, rows_synced, last_run_status, next_step FROM tandem.mapping_status ORDER BY mapping;
SELECT run, mapping, status, trigger, pages, records_read, created, updated, skipped, failed
FROM tandem.recent_runs ORDER BY run;
