CREATE TABLE places (code text PRIMARY KEY, name text NOT NULL, flag text);
SELECT tandem.create_mapping('places', 'iso', 'countries_broken', 'places',
                             columns => '{"alpha_2": "code", "name": "name", "flag": "flag"}');
SELECT tandem.sync_now('places');
SELECT tandem.wait_for_run(last_run) FROM tandem.mapping_status WHERE mapping = 'places';
SELECT count(*), count(*) FILTER (WHERE code = 'FR') AS france FROM places;
\x on
SELECT error_type, code, column_name, message, suggestion, record FROM tandem.sync_errors WHERE mapping = 'places';
\x off
SELECT mapping, status, status_reason, unresolved_errors, next_step FROM tandem.mapping_status WHERE mapping = 'places';
