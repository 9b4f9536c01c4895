-- Which tenant a call is about. The functions below take it as their last argument, with this default.

CREATE FUNCTION tandem.current_tenant()
RETURNS text LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'tandem_current_tenant';
COMMENT ON FUNCTION tandem.current_tenant() IS 'the tenant that calls without tenant => ... are about: tandem.tenant if you may act for it, else ''default''';

CREATE FUNCTION tandem._my_tenants()
RETURNS SETOF bigint LANGUAGE c STABLE ROWS 1 AS 'MODULE_PATHNAME', 'tandem__my_tenants';
COMMENT ON FUNCTION tandem._my_tenants() IS 'the tenants that the current user may act for; row level security asks it once per query';

CREATE FUNCTION tandem.tenant_key(tenant text DEFAULT tandem.current_tenant())
RETURNS uuid LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT t.tenant_key FROM tandem._tenant t WHERE t.name OPERATOR(pg_catalog.=) tenant $$;
COMMENT ON FUNCTION tandem.tenant_key(text) IS 'what notifications on channel tandem call the tenant by: a key that tells nothing';
