-- Connectors: made, described, refused, dropped.
SELECT name, title, version, builtin, capabilities FROM tandem.connectors ORDER BY name;
SELECT name, kind, data_type, required, secret, default_value, label, choices FROM tandem.connector_settings('rest');

SELECT tandem.create_connector('shop', '{"title": "Shop", "base_url": "https://shop.example.com", "auth": {"type": "bearer"},
    "objects": {"orders": {"path": "/orders", "records": "_root"}}}') > 0 AS made;
SELECT tandem.create_connector('shop', '{"title": "Shop"}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.create_connector('shop', '{"title": "Shop"}', if_not_exists => true) > 0 AS there;
SELECT name, kind, required, secret FROM tandem.connector_settings('shop');

-- mistakes
SELECT tandem.create_connector('x', '{"auth": {"typ": "bearer"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.create_connector('x', '{"auth": {"type": "oauth9"}}');
SELECT tandem.create_connector('x', '[]');
SELECT tandem.create_connector('x', NULL);
SELECT tandem.create_connector(NULL, '{}');
SELECT tandem.create_connector('', '{}');
SELECT * FROM tandem.validate_connector('{"auth": {"typ": "bearer"}, "objects": {"a": {"pth": "/a", "paging": {"style": "pages"}}}}');
SELECT * FROM tandem.validate_connector('{"title": "Fine"}');
SELECT * FROM tandem.validate_connector('{"objects": {"a": {"path": "/a", "cursor": {"field": "at", "param": "since", "zone": "Europe/Pari"}}}}');
SELECT tandem.create_connector('x', '{"objects": {"a": {"path": "/a", "cursor": {"field": "at", "param": "since", "zone": "Europe/Pari"}}}}');
SELECT * FROM tandem.connector_settings('rst');
\echo :LAST_ERROR_SQLSTATE

-- dropping
SELECT tandem.drop_connector('rest');
SELECT tandem.create_connection('uses_shop', 'shop') > 0 AS made;
SELECT tandem.drop_connector('shop');
\echo :LAST_ERROR_SQLSTATE
SELECT tandem.drop_connection('uses_shop');
SELECT tandem.drop_connector('shop');
SELECT tandem.drop_connector('shop');

-- writing
SELECT tandem.create_connector('crm', '{"base_url": "https://crm.example.com", "objects": {
    "customers": {"path": "/customers", "write": {"key": "number", "create": {}, "update": {}, "delete": {}}},
    "countries": {"path": "/countries"}, "notes": {"path": "/notes", "label": "Notes", "write": {"key": "ref", "upsert": {}}}}}') > 0 AS made;
SELECT name, capabilities FROM tandem.connectors WHERE name = 'crm';
SELECT tandem.create_connection('uses_crm', 'crm') > 0 AS made;
SELECT * FROM tandem.list_objects('uses_crm');
SELECT severity, path, message, hint FROM tandem.validate_connector('{"objects": {"a": {"path": "/a", "write": {"creat": {}, "update": {"path": "/a/{idd}"}, "upsert": {}}}}}');
SELECT tandem.drop_connection('uses_crm');
SELECT tandem.drop_connector('crm');
