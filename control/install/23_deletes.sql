CREATE FUNCTION tandem.approve_deletes(mapping text, at_most bigint, tenant text DEFAULT tandem.current_tenant())
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'tandem_approve_deletes';
COMMENT ON FUNCTION tandem.approve_deletes(text, bigint, text) IS
    'asks for a full run that deletes at most so many rows, whatever the brake says, and stops again if there are more; gives its number. View pending_deletes shows which';
