CREATE EXTENSION pg_tandem;
CREATE ROLE demo LOGIN;
GRANT CREATE ON SCHEMA public TO demo;
GRANT USAGE ON SCHEMA tandem TO demo;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA tandem TO demo;
GRANT SELECT ON ALL TABLES IN SCHEMA tandem TO demo;
REVOKE ALL ON tandem._credential, tandem._seen, tandem._field FROM demo;
