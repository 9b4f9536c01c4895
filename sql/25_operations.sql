-- Tenants, version, doctor.
SELECT tandem.current_tenant();
SET tandem.tenant = 'acme';
SELECT tandem.current_tenant();
\echo :LAST_ERROR_SQLSTATE
RESET tandem.tenant;
SELECT name, label FROM tandem.tenants;
SELECT tandem.version() ~ '^pg_tandem \d+\.\d+\.\d+ \(commit \w+\), PostgreSQL \d+\.\d+.*, libcurl/7\.\d+.*, jansson \d+\.\d+\S*, simdjson \d+\.\d+\.\d+$' AS version;

SET ROLE regress_tandem_app;
SELECT check_name, status FROM tandem.doctor() WHERE check_name IN ('libcurl', 'engine role', 'enabled', 'clone guard');
SELECT check_name, status, detail, fix FROM tandem.doctor('teams') WHERE check_name IN ('mapping teams', 'definition', 'connection crm', 'last run');
-- every row that is not ok says what to do
SELECT count(*) FROM tandem.doctor() WHERE status NOT IN ('ok', 'warning', 'error') OR (status <> 'ok' AND coalesce(fix, '') = '');
SELECT tandem.pause_mapping('teams');
ALTER TABLE teams DROP COLUMN name;
SELECT check_name, status, detail, fix FROM tandem.doctor('teams') WHERE check_name IN ('mapping teams', 'definition');
ALTER TABLE teams ADD COLUMN name text;
SELECT tandem.resume_mapping('teams');
SELECT * FROM tandem.doctor('tems');

-- owners that nobody can work for
RESET ROLE;
ALTER ROLE regress_tandem_app NOLOGIN;
SELECT status, detail, fix FROM tandem.doctor() WHERE check_name = 'owner regress_tandem_app';
SELECT mapping, status, status_reason, next_step FROM tandem.mapping_status ORDER BY mapping;
ALTER ROLE regress_tandem_app LOGIN;
