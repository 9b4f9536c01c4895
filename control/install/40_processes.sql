-- The processes behind it all: who is at work, and the switches for one database.

CREATE FUNCTION tandem._preloaded()
RETURNS boolean LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tandem__preloaded';
COMMENT ON FUNCTION tandem._preloaded() IS 'whether the server loaded the library at its start, without which nothing runs by itself';

CREATE FUNCTION tandem._wake_launcher()
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem__wake_launcher';
COMMENT ON FUNCTION tandem._wake_launcher() IS 'last line of the install and upgrade scripts: once this is committed, the launcher looks at this database';

CREATE FUNCTION tandem._processes()
RETURNS TABLE (pid int, kind text, database oid, role oid, state text, runs int, started_at timestamptz, last_error_at timestamptz)
LANGUAGE c VOLATILE ROWS 8 AS 'MODULE_PATHNAME', 'tandem__processes';
COMMENT ON FUNCTION tandem._processes() IS 'processes of pg_tandem: those of this database, and with the rights of pg_monitor all of the cluster';

CREATE VIEW tandem.workers AS
SELECT p.pid, p.kind AS process, d.datname AS database_name, r.rolname AS role_name, p.state, p.runs, p.started_at,
       p.last_error_at AS last_error
  FROM tandem._processes() p
  LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) p.database
  LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) p.role;
COMMENT ON VIEW tandem.workers IS 'the processes at work: launcher, schedulers, workers; those of this database, and with the rights of pg_monitor all of the cluster';
COMMENT ON COLUMN tandem.workers.state IS 'starting, idle, running or stopping';
COMMENT ON COLUMN tandem.workers.runs IS 'runs it has in hand at the moment';
COMMENT ON COLUMN tandem.workers.last_error IS 'when a run of it failed last';

CREATE FUNCTION tandem.adopt()
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_adopt';
COMMENT ON FUNCTION tandem.adopt() IS 'this database is at home in this cluster: what was paused because it is a copy or was restored goes on. For its owner';

CREATE FUNCTION tandem.pause_all()
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_pause_all';
COMMENT ON FUNCTION tandem.pause_all() IS 'nothing runs in this database until resume_all(); what runs stops after the page in hand. For the owner of the database';

CREATE FUNCTION tandem.resume_all()
RETURNS void LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_resume_all';
COMMENT ON FUNCTION tandem.resume_all() IS 'takes pause_all() back';

REVOKE ALL ON FUNCTION tandem._preloaded(), tandem._wake_launcher(), tandem._processes(), tandem.adopt(), tandem.pause_all(),
    tandem.resume_all() FROM PUBLIC;
REVOKE ALL ON tandem.workers FROM PUBLIC;
