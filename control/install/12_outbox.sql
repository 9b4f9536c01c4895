-- Local changes on their way out: what the capture triggers look up, and what they write in the user's own transaction.
-- Both are reached by direct heap and index access (src/pg/capture*.cpp), whoever runs the statement. An older library may
-- still be at work on these tables, and an older trigger always is: columns are only ever added, at the end, nullable.

CREATE TABLE tandem._capture (
    "table" oid PRIMARY KEY,
    table_name text NOT NULL,
    key_columns int2[] NOT NULL,        -- attnums: the row key, then what else must be known of a row that is gone; each once
    row_key int2 NOT NULL,              -- how many of them, from the front, are the row key
    owners oid[] NOT NULL,              -- of its live push mappings: whose worker is woken at commit
    mappings bigint[] NOT NULL,         -- all its push mappings, live or not
    replicated boolean NOT NULL         -- options.capture_replicated: what logical replication applies is captured too
);
COMMENT ON TABLE tandem._capture IS 'tables whose changes are captured, because a mapping pushes them; a table that is not in here is not captured, whatever triggers it has';

-- Order of entries of one row is order of commit: a writer takes the number while it holds the row. Hence no cache.
CREATE SEQUENCE tandem._outbox_seq;
COMMENT ON SEQUENCE tandem._outbox_seq IS 'numbers the entries of the outbox';

CREATE TABLE tandem._outbox (
    seq bigint NOT NULL DEFAULT nextval('tandem._outbox_seq'),
    "table" oid NOT NULL,               -- the mapped one, also for a row of one of its partitions
    op "char" NOT NULL,                 -- i u d t
    txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    n int NOT NULL,                     -- rows
    key_columns int2[],                 -- as _capture had them then; null: t
    keys text[],                        -- an array per key column, each of n values as Postgres prints them; null: t
    old_keys text[],                    -- op u: the same of the rows before; null: no value differs in any row
    changed bytea,                      -- op u: bit attnum - 1 set where the column differs in any row
    origin bigint,                      -- mapping whose pull wrote these rows; null: a local change
    PRIMARY KEY ("table", seq)
);
-- Written once and read once: compressing it costs those who write more than the space is worth.
ALTER TABLE tandem._outbox ALTER keys SET STORAGE EXTERNAL, ALTER old_keys SET STORAGE EXTERNAL;
COMMENT ON TABLE tandem._outbox IS 'captured changes, many rows an entry, until a worker has unfolded them';

CREATE FUNCTION tandem._capture_changes()
RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'tandem_capture_v1';
COMMENT ON FUNCTION tandem._capture_changes() IS 'of the triggers that mappings put on the tables they push: notes in the outbox what a statement changed; on other tables it writes nothing';
REVOKE ALL ON FUNCTION tandem._capture_changes() FROM PUBLIC;
