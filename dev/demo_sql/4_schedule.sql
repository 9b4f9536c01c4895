SELECT alpha_2, name FROM countries WHERE alpha_2 = 'AX';
SELECT tandem.alter_mapping('countries', '{"schedule": "every 2 seconds"}');
SELECT mapping, status, next_run_at FROM tandem.mapping_status WHERE mapping = 'countries';
