-- Connections: made, changed, paused, dropped; credentials go in and never come out.
SET ROLE regress_tandem_app;
SELECT tandem.create_connection('crm', 'rest', '{"base_url": "https://api.example.com/v1", "auth": {"type": "bearer"},
    "objects": {"contacts": {"path": "/contacts", "records": "items", "id": "id", "cursor": {"field": "updated_at", "param": "since"}},
                "teams": {"path": "/teams", "records": "items"}}}',
    credentials => '{"token": "s3cr3t-value"}', label => 'CRM', metadata => '{"big": 12345678901234567890.5}') > 0 AS made;
SELECT name, connector, config, label, metadata, enabled, paused, owner, version FROM tandem.connections;
SELECT connection, connector, enabled, status, status_reason, next_step, last_error FROM tandem.connection_status;

SELECT tandem.create_connection('crm', 'rest', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.create_connection('crm', 'rest', '{}', if_not_exists => true) > 0 AS there;

-- mistakes
SELECT tandem.create_connection('x', 'rset');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.create_connection('x', 'rest', '{"base_ulr": "https://api.example.com"}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.create_connection('x', 'rest', '{}');
SELECT tandem.create_connection('x', 'rest', '{"base_url": "https://api.example.com", "objects": {"a": {"path": "/a", "paging": {"style": "pages"}}}}');
SELECT tandem.create_connection('x', 'rest', '[1]');
SELECT tandem.create_connection('x', 'rest', '{"base_url": "https://api.example.com"}', metadata => '3');
SELECT tandem.create_connection('x', 'rest', '{"base_url": "https://api.example.com"}', tenant => 'acme');
\echo :LAST_ERROR_SQLSTATE

-- credentials: only those the authentication needs
SELECT tandem.create_connection('x', 'rest', '{"base_url": "https://api.example.com"}', '{"token": "s3cr3t-value"}');
SELECT tandem.create_connection('x', 'rest', '{"base_url": "https://api.example.com", "auth": {"type": "basic"}}', '{"user": "s3cr3t-value"}');
SELECT tandem.set_credentials('crm', '{"token": 7}');
SELECT tandem.set_credentials('crm', '{"token": ""}');
SELECT tandem.set_credentials('crm', '{"token": {"file": "x"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.set_credentials('crm', '{"token": null}');
SELECT tandem.set_credentials('crm', '{"token": "s3cr3t-value"}');
SELECT tandem.set_credentials('crn', '{"token": "s3cr3t-value"}');
SELECT * FROM tandem._credential;
RESET ROLE;
SELECT tandem.set_credentials('crm', '{"token": {"file": "../passwd"}}');
SELECT tandem.set_credentials('crm', '{"token": {"file": "crm-token"}}');
SELECT name, value, file FROM tandem._credential;
SELECT tandem.set_credentials('crm', '{"token": "s3cr3t-value"}');
SET ROLE regress_tandem_app;

-- changes
SELECT tandem.alter_connection('crm', '{"label": null, "metadata": {"team": "sales", "more": {"a": null, "b": 0.12345678901234567890123}}, "config": {"timeouts": {"total": 60}}}');
SELECT label, metadata, config -> 'timeouts' AS timeouts, version FROM tandem.connections WHERE name = 'crm';
SELECT tandem.alter_connection('crm', '{"labl": "x"}');
SELECT tandem.alter_connection('crm', '{"metadata": 3}');
SELECT tandem.alter_connection('crm', '{"connector": "shop"}');
SELECT tandem.alter_connection('crm', '{"name": null}');
SELECT tandem.alter_connection('crm', '{"config": {"objects": {"contacts": {"cursor": {"zone": "Europe/Pari"}}}}}');
SELECT tandem.alter_connection('crm', '{"config": {"base_url": "ftp://api.example.com"}}');
SELECT tandem.alter_connection('crm', '[]');
SELECT tandem.alter_connection('crm', '{"name": "crm2"}');
SELECT tandem.alter_connection('crm2', '{"name": "crm"}');
-- another host drops the credentials, another path does not
SELECT tandem.alter_connection('crm', '{"config": {"base_url": "https://api.example.com/v2"}}');
SELECT tandem.alter_connection('crm', '{"config": {"base_url": "https://api2.example.com/v2"}}');
SELECT tandem.alter_connection('crm', '{"config": {"base_url": "https://api.example.com/v1"}, "credentials": {"token": "s3cr3t-value"}}');

-- states
SELECT tandem.pause_connection('crm');
SELECT status, status_reason, next_step FROM tandem.connection_status WHERE connection = 'crm';
SELECT tandem.resume_connection('crm');
SELECT tandem.disable_connection('crm');
SELECT status, status_reason, next_step FROM tandem.connection_status WHERE connection = 'crm';
SELECT tandem.enable_connection('crm');
SELECT status FROM tandem.connection_status WHERE connection = 'crm';

-- somebody else sees it and may not touch it
SET ROLE regress_tandem_other;
SELECT name, owner FROM tandem.connections;
SELECT tandem.set_credentials('crm', '{"token": "s3cr3t-value"}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.drop_connection('crm');
SET ROLE regress_tandem_app;

-- a rollback undoes all of it
BEGIN;
SELECT tandem.create_connection('gone', 'rest', '{"base_url": "https://api.example.com"}') > 0 AS made;
ROLLBACK;
SELECT tandem.drop_connection('gone');
RESET ROLE;
