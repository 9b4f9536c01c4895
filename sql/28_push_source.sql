-- Rows of a query as what a mapping sends: what is taken, what is refused, what is stored.
SET ROLE regress_tandem_app;
\set VERBOSITY terse
SELECT tandem.create_connection('shop', 'rest', '{"base_url": "https://shop.example", "objects": {
    "orders": {"path": "/orders", "write": {"create": {}, "update": {}, "delete": {}}}}}') > 0 AS made;
CREATE TABLE orders (id bigint PRIMARY KEY, customer text NOT NULL, total numeric, paid boolean, day date);
CREATE VIEW revenue AS SELECT customer, sum(total) AS total, count(*) AS orders FROM orders WHERE paid GROUP BY customer;
CREATE TEMP TABLE mine (id int);
CREATE FUNCTION source(query text, key jsonb DEFAULT '["customer"]', more jsonb DEFAULT '{}', columns jsonb DEFAULT '{"name": "customer", "total": "total"}',
                       target regclass DEFAULT 'revenue', match_on text[] DEFAULT NULL, direction text DEFAULT 'push')
RETURNS boolean LANGUAGE sql AS $$
    SELECT tandem.create_mapping('x', 'shop', 'orders', target, columns, match_on => match_on, direction => direction, delete_mode => 'hard', enabled => false,
                                 options => jsonb_strip_nulls(jsonb_build_object('source_query', query, 'source_key', key)) || more) > 0 $$;
-- every name is written down qualified
SELECT tandem.create_mapping('revenue', 'shop', 'orders', 'revenue', '{"name": "customer", "total": "total"}', direction => 'push', delete_mode => 'hard', enabled => false,
    options => '{"source_query": "SELECT customer, total FROM revenue WHERE total > 0 ORDER BY 1; -- big ones", "source_key": "customer", "delete_brake": {"rows": 5}}') > 0 AS made;
SELECT options FROM tandem.mappings WHERE name = 'revenue';
SELECT tandem.export_mapping('revenue') AS sql \gset
SELECT tandem.drop_mapping('revenue');
SELECT rtrim(:'sql', ';') AS body \gset
:body \gset made_
SELECT tandem.export_mapping('revenue') = :'sql' AS same;
SELECT severity, code, message FROM tandem.validate_mapping('revenue') WHERE severity = 'error';
SELECT target, status, compared_at, compared_new FROM tandem.mapping_status WHERE mapping = 'revenue';
-- nothing is captured for it; the same table may be pushed besides
RESET ROLE;
SELECT count(*) FROM tandem._capture;
SELECT m.name, r.kind, r."full", r.status FROM tandem._run r JOIN tandem._mapping m USING (mapping_id);
SET ROLE regress_tandem_app;
SELECT source('SELECT DISTINCT customer, total FROM orders WHERE id < 10', target => 'orders');
SELECT tandem.create_mapping('orders', 'shop', 'orders', 'orders', '{"total": "total"}', direction => 'push', enabled => false, options => '{"initial": "none"}') > 0 AS made;
RESET ROLE;
SELECT table_name, array_length(mappings, 1) FROM tandem._capture;
SET ROLE regress_tandem_app;
SELECT tandem.alter_mapping('orders', '{"options": {"initial": null, "source_query": "SELECT id, total FROM orders", "source_key": ["id"]}}');
RESET ROLE;
SELECT count(*) FROM tandem._capture;
SELECT count(*) FROM pg_trigger WHERE tgfoid = 'tandem._capture_changes'::regproc;
SET ROLE regress_tandem_app;
SELECT tandem.drop_mapping('orders'), tandem.drop_mapping('x');

-- what will not do
SELECT tandem.create_mapping('x', 'shop', 'orders', 'revenue', '{"total": "total"}', direction => 'push');
SELECT source(NULL);
SELECT source('SELEC 1');
SELECT source('SELECT customer, total FROM nowhere');
SELECT source('SELECT 1; SELECT 2');
SELECT source('');
SELECT source('DELETE FROM orders RETURNING customer, total');
SELECT source('WITH gone AS (DELETE FROM orders RETURNING *) SELECT customer, total FROM gone');
SELECT source('SELECT customer, total FROM orders FOR UPDATE');
SELECT source('SELECT * FROM (SELECT customer, total FROM orders FOR UPDATE) x');
SELECT source('SELECT customer, total INTO other FROM orders');
SELECT source('SELECT id::text AS customer, 1 AS total FROM mine');
SELECT source('SELECT $1 AS customer, 1 AS total');
SELECT source('SELECT customer, total, 1 AS total FROM orders');
SELECT source('SELECT customer, total FROM orders) x, (SELECT 1');
SELECT source('SELECT customer, total FROM orders', '["id"]');
SELECT source('SELECT to_json(customer) AS customer, total FROM orders');
SELECT source('SELECT customer, total FROM orders', NULL);
SELECT source('SELECT customer FROM orders');
SELECT source('SELECT customer, total FROM revenue', more => '{"settle": "5 s"}');
SELECT source('SELECT customer, total FROM revenue', more => '{"initial": "none"}');
SELECT source('SELECT customer, total FROM revenue', match_on => '{customer}');
SELECT source('SELECT customer, total FROM revenue', columns => '{"name": "customer", "total": {"column": "total", "direction": "both"}}');
SELECT source('SELECT customer, total FROM revenue', target => 'orders', direction => 'both');
SELECT source('SELECT customer, total FROM revenue', target => 'orders', direction => 'pull');
SELECT tandem.create_mapping('x', 'shop', 'orders', 'orders', '{"total": "total"}', direction => 'push', options => '{"source_key": ["id"]}');
SELECT tandem.create_mapping('x', 'shop', 'orders', 'orders', '{"total": "total"}', direction => 'push', delete_mode => 'hard', options => '{"delete_brake": {"rows": 5}}');
-- with the rights of its owner
RESET ROLE;
CREATE TABLE public.secrets (customer text, total numeric);
SET ROLE regress_tandem_app;
SELECT source('SELECT customer, total FROM public.secrets');
SELECT severity, code, message FROM tandem.check_mapping('{"name": "y", "connection": "shop", "object": "orders", "target": "revenue", "direction": "push", "columns": {"name": "customer"},
    "options": {"source_query": "SELECT customer FROM nowhere", "source_key": ["customer"]}}');
SELECT tandem.approve_deletes('revenue', 5);
-- of what is captured nothing is held back
SELECT tandem.create_mapping('orders', 'shop', 'orders', 'orders', '{"total": "total"}', direction => 'push', delete_mode => 'hard', options => '{"initial": "none"}') > 0 AS made;
SELECT tandem.approve_deletes('orders', 5);
DROP FUNCTION source;
DROP TABLE mine;
SELECT tandem.drop_connection('shop', "cascade" => true);
DROP VIEW revenue;
DROP TABLE orders;
RESET ROLE;
DROP TABLE public.secrets;
