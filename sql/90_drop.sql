-- Leaving: tables of users stay, so does the role.
SELECT tandem.drop_mapping('teams');
SELECT tandem.drop_connection('crm', "cascade" => true);
SELECT count(*) FROM contacts;
DROP EXTENSION pg_tandem;
SELECT to_regnamespace('tandem') IS NULL AS gone, to_regrole('tandem_owner') IS NOT NULL AS role_stays;
DROP TABLE contacts, teams CASCADE;
REVOKE ALL ON SCHEMA public FROM regress_tandem_app;
DROP ROLE regress_tandem_super, regress_tandem_app, regress_tandem_other, regress_tandem_group;
-- A role of that name that may do more is refused; a schema of that name as well.
CREATE SCHEMA tandem;
CREATE EXTENSION pg_tandem;
DROP SCHEMA tandem;
ALTER ROLE tandem_owner LOGIN;
CREATE EXTENSION pg_tandem;
ALTER ROLE tandem_owner NOLOGIN;
