SELECT alpha_2, name FROM countries WHERE alpha_2 = 'AX';
\echo '\n-- Exactly one row was written by all runs of the schedule together:'
SELECT mapping, trigger, count(*) AS runs, sum(records_read) AS records_read, sum(created) AS created,
       sum(updated) AS updated, sum(deleted) AS deleted, sum(failed) AS failed
FROM tandem.recent_runs WHERE mapping = 'countries' AND trigger = 'schedule' GROUP BY mapping, trigger;

\echo '\n-- Is everything as it should be?'
SELECT check_name, status, fix FROM tandem.doctor();
