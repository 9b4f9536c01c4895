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
-- values of rows are for those who may read the rows, not for whoever was given the engine's tables
SET ROLE tandem_owner;
GRANT SELECT ON tandem._difference TO regress_tandem_other;
SET ROLE regress_tandem_other;
SELECT count(*) FROM tandem._difference;
SET ROLE tandem_owner;
REVOKE SELECT ON tandem._difference FROM regress_tandem_other;
SET ROLE regress_tandem_other;
SELECT * FROM tandem.run_differences(:run);
\echo :LAST_ERROR_SQLSTATE
SET ROLE regress_tandem_app;
GRANT SELECT ON teams TO regress_tandem_other;
SET ROLE regress_tandem_other;
SELECT count(*) FROM tandem.run_differences(:run);
SET ROLE regress_tandem_app;
ALTER TABLE teams ENABLE ROW LEVEL SECURITY;
SET ROLE regress_tandem_other;
SELECT count(*) FROM tandem.run_differences(:run);
\echo :LAST_ERROR_SQLSTATE
SET ROLE regress_tandem_app;
ALTER TABLE teams FORCE ROW LEVEL SECURITY;
SELECT count(*) FROM tandem.run_differences(:run);
ALTER TABLE teams NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
REVOKE SELECT ON teams FROM regress_tandem_other;
SELECT tandem.cancel_run(:run) IS NOT NULL AS known;  -- it may have ended by itself
-- with the run go its differences
SET ROLE tandem_owner;
DELETE FROM tandem._run WHERE run = :run;
SELECT count(*) FROM tandem._difference;
RESET ROLE;
