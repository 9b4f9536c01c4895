-- Connections of connector webhook: what signs their requests, and what is refused.
SET ROLE regress_tandem_app;
SET client_min_messages = error;
SELECT tandem.create_connection('hook', 'webhook', '{"base_url": "https://hooks.example.com", "objects": {"records": {"path": "/in"}}}',
    credentials => '{"signing_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "signing_secret_old": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}') > 0 AS made;
SELECT tandem.set_credentials('hook', '{"signing_secret": "whsec_§"}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.set_credentials('hook', '{"signing_secrte": "x"}');
SELECT tandem.set_credentials('hook', '{"signing_secret_old": null}');
RESET client_min_messages;
SELECT tandem.set_credentials('hook', '{"signing_secret": null}');

-- any text is a key of a plain HMAC; what does not sign has no secret
SELECT tandem.create_connection('plain', 'webhook', '{"base_url": "https://hooks.example.com", "objects": {"records": {"path": "/in",
    "write": {"signing": {"type": "hmac_sha256", "header": "X-Sum", "prefix": "sha256=", "encoding": "hex", "timestamp_header": "X-At"}}}}}',
    credentials => '{"signing_secret": "any §"}') > 0 AS made;
SELECT tandem.create_connection('open', 'webhook', '{"base_url": "https://hooks.example.com", "objects": {"records": {"write": {"signing": {"type": "none"}}}}}',
    credentials => '{"signing_secret": "x"}');
SELECT tandem.create_connection('x', 'webhook', '{"base_url": "https://hooks.example.com", "objects": {"records": {"write": {"signing": {"type": "hmac_md5"}}}}}');
SELECT tandem.create_connection('x', 'webhook', '{"base_url": "https://hooks.example.com", "objects": {"records": {"write": {"signing": {"type": "hmac_sha256", "encoding": "base32"}}}}}');
SELECT tandem.create_connection('x', 'webhook', '{"base_url": "https://hooks.example.com", "objects": {"records": {"write": {"signing": {"type": "hmac_sha256", "header": "X Sum"}}}}}');
SELECT tandem.create_connection('x', 'webhook', '{"base_url": "https://hooks.example.com", "objects": {"records": {"write": {"signing": {"type": "standard", "salt": "x"}}}}}');
SELECT tandem.create_connection('x', 'webhook', '{"base_url": "https://hooks.example.com", "objects": {"records": {"write": {"method": "OPTIONS"}}}}');
SELECT name, kind, secret, choices FROM tandem.connector_settings('webhook') WHERE name LIKE '%sign%' ORDER BY name;
SELECT tandem.drop_connection('hook'), tandem.drop_connection('plain');
RESET ROLE;
