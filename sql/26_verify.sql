-- What verify_now refuses, and what differences look like to whom. Its runs: end to end.
SET ROLE regress_tandem_app;
SELECT tandem.verify_now('no_such_mapping');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.verify_now(NULL);
SELECT tandem.pause_mapping('teams');
SELECT tandem.verify_now('teams');
SELECT tandem.resume_mapping('teams');
SELECT tandem.verify_now('teams') AS run \gset
SELECT tandem.verify_now('teams') = :run AS same;
SELECT kind, trigger, status, "full", differences FROM tandem.recent_runs WHERE run = :run;
SELECT count(*) FROM tandem.run_differences(:run);
SELECT * FROM tandem.run_differences(-7);
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM tandem.run_differences(NULL);
SET ROLE regress_tandem_other;
SELECT tandem.verify_now('teams');
\echo :LAST_ERROR_SQLSTATE
SET ROLE tandem_owner;
INSERT INTO tandem._difference (run, kind, origin_id, local_key, column_name, local_value, remote_value)
VALUES (:run, 'differs', '7', '{"id": "7"}', 'name', NULL, ''), (:run, 'missing_there', NULL, '{"id": "8"}', NULL, NULL, NULL);
SET ROLE regress_tandem_app;
SELECT * FROM tandem.run_differences(:run);
SELECT tandem.cancel_run(:run);
-- with the run go its differences
SET ROLE tandem_owner;
DELETE FROM tandem._run WHERE run = :run;
SELECT count(*) FROM tandem._difference;
RESET ROLE;
