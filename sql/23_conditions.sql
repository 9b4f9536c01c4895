-- conditions and filters: what is refused, what is stored, what a change does. Whether records hold: unit and end-to-end tests.
SET ROLE regress_tandem_app;
\set VERBOSITY terse
SELECT tandem.create_connection('shop', 'rest', '{"base_url": "https://shop.example",
    "objects": {"orders": {"path": "/orders", "filters": {"status": "state"}}}}') > 0 AS made;
CREATE TABLE orders (id text PRIMARY KEY, total numeric);

-- the path of the mistake, and the nearest operator
SELECT severity, code, message, hint FROM tandem.check_mapping('{"name": "orders", "connection": "shop", "object": "orders",
    "target": "orders", "columns": {"id": "id"}, "conditions": {"and": [{"==": [{"vra": "status"}, "paid"]}, {">": [{"var": "total"}]}]},
    "options": {"filters": {"status": {"is": "paid"}}}}') WHERE severity = 'error';
\set VERBOSITY default
SELECT tandem.create_mapping('orders', 'shop', 'orders', 'orders', '{"id": "id"}', conditions => '{"filtr": [{"var": "lines"}, true]}');
SELECT tandem.create_mapping('orders', 'shop', 'orders', 'orders', '{"id": "id"}', conditions => '{"var": "a", "==": ["x"]}');
\set VERBOSITY terse

-- stored as given; a change of either reads everything again
SELECT tandem.create_mapping('orders', 'shop', 'orders', 'orders', '{"id": "id"}',
    conditions => '{"in": [{"var": "status"}, ["paid", "sent"]]}', options => '{"filters": {"status": "paid"}}') > 0 AS made;
SELECT conditions, options, definition_version FROM tandem.mappings WHERE name = 'orders';
SELECT tandem.alter_mapping('orders', '{"conditions": {"var": "open"}}');
SELECT tandem.alter_mapping('orders', '{"options": {"filters": {"status": null, "region": ["eu", "us"]}}}');
SELECT conditions, options, definition_version FROM tandem.mappings WHERE name = 'orders';
SELECT tandem.alter_mapping('orders', '{"conditions": true}');
SELECT tandem.export_mapping('orders');
SELECT option, type, "default", direction FROM tandem.mapping_options WHERE option = 'filters';

SELECT tandem.drop_connection('shop', "cascade" => true);
DROP TABLE orders;
\set VERBOSITY default
RESET ROLE;
