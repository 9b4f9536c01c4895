-- The engine's own tables. Names begin with an underscore: people read the views. All have row level security, forced,
-- with two arms: the engine's (tandem_owner, whose every statement names what it touches) and the caller's tenants.

CREATE TABLE tandem._instance (
    system_identifier text NOT NULL,
    database_oid oid NOT NULL,
    instance text NOT NULL,
    paused_reason text,                 -- not null: nothing runs until adopt()
    adopted_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tandem._instance IS 'which cluster and database this installation belongs to; another one starts paused (clone guard)';

CREATE TABLE tandem._tenant (
    tenant_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name OPERATOR(pg_catalog.<>) ''),
    tenant_key uuid NOT NULL DEFAULT gen_random_uuid(),
    label text,
    external_id text,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tandem._tenant IS 'whose data it is: the unit of isolation';
INSERT INTO tandem._tenant (name, label) VALUES ('default', 'everybody, until tenants are made');

CREATE TABLE tandem._connector (
    connector_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    manifest jsonb NOT NULL,
    builtin boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tandem._connector IS 'a system''s protocol as data: one JSON manifest each';

CREATE TABLE tandem._connection (
    connection_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tandem._tenant,
    connection_uuid uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    connector_id bigint NOT NULL REFERENCES tandem._connector,
    config jsonb NOT NULL DEFAULT '{}',
    label text,
    metadata jsonb NOT NULL DEFAULT '{}',
    enabled boolean NOT NULL DEFAULT true,
    paused boolean NOT NULL DEFAULT false,
    paused_reason text,
    owner oid NOT NULL,                 -- who made it: may change and drop it
    owner_name name NOT NULL,           -- decides after a restore
    version bigint NOT NULL DEFAULT 1,  -- rises with every change of config or credentials
    last_ok_at timestamptz,
    last_error text,                    -- of the last call; null after a good one
    last_error_type text,
    last_error_at timestamptz,
    clock_offset_ms bigint,             -- the source's clock minus ours, from the Date of its answers
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name)
);
CREATE INDEX ON tandem._connection (connector_id);
COMMENT ON TABLE tandem._connection IS 'one account on one connector: configuration; its credentials stand in _credential';

CREATE TABLE tandem._credential (
    connection_id bigint NOT NULL REFERENCES tandem._connection ON DELETE CASCADE,
    name text NOT NULL,
    value text,                         -- the secret itself, or
    file text,                          -- the name of a file in tandem.secrets_directory
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection_id, name),
    CHECK ((value IS NULL) OPERATOR(pg_catalog.<>) (file IS NULL))
);
COMMENT ON TABLE tandem._credential IS 'credentials of connections: readable by the engine only, never dumped';

CREATE TABLE tandem._field (
    connection_id bigint NOT NULL REFERENCES tandem._connection ON DELETE CASCADE,
    object text NOT NULL,
    ordinal int NOT NULL,
    field text NOT NULL,
    label text,
    data_type text NOT NULL,
    remote_type text,
    pg_type text NOT NULL,
    required boolean NOT NULL,
    is_key boolean NOT NULL,
    max_length bigint,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection_id, object, field)
);
COMMENT ON TABLE tandem._field IS 'what discovery found out about the fields of an object, as of seen_at';

CREATE TABLE tandem._mapping (
    mapping_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tandem._tenant,
    mapping_uuid uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    connection_id bigint NOT NULL REFERENCES tandem._connection,
    object text NOT NULL,
    target oid NOT NULL,                -- the table; text beside it decides after a restore
    target_name text NOT NULL,
    definition jsonb NOT NULL,          -- columns, key, match_on, direction, sync_mode, cursor_field, write_mode, conflict_resolution, options: as given, defaults filled in
    columns_seen jsonb,                 -- column -> [attnum, type] of the table when it was last looked at; null: look again
    definition_version bigint NOT NULL DEFAULT 1,  -- rises when what is written would change: the next run reads everything
    schedule text,
    owner oid NOT NULL,
    owner_name name NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    paused boolean NOT NULL DEFAULT false,
    paused_reason text,
    label text,
    metadata jsonb NOT NULL DEFAULT '{}',
    next_run_at timestamptz,            -- null: by hand
    cursor_value text,                  -- watermark of incremental reading, committed; or the delta token
    cursor_version bigint NOT NULL DEFAULT 0,  -- rises when it is reset: a run that began before leaves it alone
    deletions_value text,               -- the same of the feed of its object's deletions; committed together with cursor_value
    deletions_gap boolean NOT NULL DEFAULT false,  -- what is gone cannot be told from the feed alone: the next run is a full one
    resume jsonb,                       -- position of a listing that was not read to its end
    resume_version bigint,              -- definition_version the position belongs to
    refers_to text[] NOT NULL DEFAULT '{}',   -- mappings that its columns refer to
    rank int NOT NULL DEFAULT 0,              -- above the ranks of those; shared by mappings that refer to each other
    waits_on bigint[] NOT NULL DEFAULT '{}',  -- those of a lower rank: their runs go first
    captured boolean NOT NULL           -- it sends what is captured of its table; else, where it pushes at all, the rows of a query, or events
        GENERATED ALWAYS AS (coalesce(definition ->> 'direction' OPERATOR(pg_catalog.<>) 'pull', false)
                             AND definition #>> '{options,source_query}' IS NULL
                             AND target_name OPERATOR(pg_catalog.<>) 'tandem._event') STORED,
    compared_at timestamptz,            -- of a query: when its rows were held against what was sent last
    compared_new bigint,                -- and how many of them were new, others, or gone
    compared_changed bigint,
    compared_removed bigint,
    push_not_before timestamptz,        -- nothing is sent until then: the other side is not there, or wants to be left alone
    push_holds int NOT NULL DEFAULT 0,  -- how often in a row that was so
    push_held_version bigint,           -- of the connection for which it holds; null: whatever its version
    rows_synced bigint NOT NULL DEFAULT 0,
    contract_key text,                  -- what its contracts are about: another key, other columns or table, other contracts
    listing_scope text,                 -- what a full listing asked for when its contracts were last held against one
    incremental_runs int NOT NULL DEFAULT 0,  -- completed since the last full one
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name)
);
CREATE INDEX ON tandem._mapping (connection_id);
CREATE INDEX ON tandem._mapping (target);
CREATE INDEX ON tandem._mapping (target) WHERE captured;
CREATE INDEX ON tandem._mapping (tenant_id) WHERE definition -> 'options' OPERATOR(pg_catalog.?) 'after';
CREATE INDEX ON tandem._mapping (tenant_id) WHERE refers_to OPERATOR(pg_catalog.<>) '{}';
CREATE INDEX ON tandem._mapping (next_run_at) WHERE next_run_at IS NOT NULL AND enabled AND NOT paused;
COMMENT ON TABLE tandem._mapping IS 'remote object to local table: fields, schedule, policy, and how far reading has come';

CREATE TABLE tandem._run (
    run bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL,
    mapping_id bigint NOT NULL REFERENCES tandem._mapping ON DELETE CASCADE,
    owner oid NOT NULL,                 -- the mapping's owner at that time: whose worker takes it
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'completed', 'partial', 'failed', 'cancelled')),
    kind text NOT NULL DEFAULT 'pull' CHECK (kind IN ('pull', 'push', 'retry', 'verify')),  -- retry: of records that failed, without the network
    trigger text NOT NULL CHECK (trigger IN ('manual', 'schedule', 'api', 'follow_up', 'after', 'retry', 'capture')),  -- capture: local changes
    requested_by name NOT NULL,
    "full" boolean NOT NULL DEFAULT false,
    params jsonb NOT NULL DEFAULT '{}',
    chain bigint[] NOT NULL DEFAULT '{}',  -- mappings whose runs led to this one: none of them is started again by it
    again boolean NOT NULL DEFAULT false,  -- somebody wanted another one while this was running
    again_full boolean NOT NULL DEFAULT false,  -- and a full one
    requested_at timestamptz NOT NULL DEFAULT now(),
    not_before timestamptz,             -- waiting for a lock that was busy, …
    started_at timestamptz,
    completed_at timestamptz,
    crashes int NOT NULL DEFAULT 0,     -- workers lost over it in a row, without a page in between
    attempt int NOT NULL DEFAULT 0,     -- how often it was taken: more than 1 after a crash or a handed-over slot
    epoch bigint NOT NULL DEFAULT 0,    -- rises with each taking; a late finisher of an older epoch changes nothing
    boot_id bigint,                     -- of the server start that took it
    pid int,
    cancel_requested boolean NOT NULL DEFAULT false,
    phase text,
    position jsonb,                     -- first page that is not committed; null: from the beginning
    waiting_on text,                    -- why it stands still, and until when
    waiting_until timestamptz,
    pages bigint NOT NULL DEFAULT 0,
    records_read bigint NOT NULL DEFAULT 0,
    created bigint NOT NULL DEFAULT 0,
    updated bigint NOT NULL DEFAULT 0,
    deleted bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    conflicts bigint NOT NULL DEFAULT 0,
    differences bigint,                 -- of a verification: all there are; at most so many as store/verify.cpp says are kept
    delete_limit bigint,                -- approve_deletes(): instead of the brake
    bytes bigint NOT NULL DEFAULT 0,
    total bigint,                       -- records the source says there are, where it does
    cursor_before text,
    cursor_after text,
    timing jsonb NOT NULL DEFAULT '{}', -- milliseconds per stage, see core/run_timing.hpp
    latency jsonb NOT NULL DEFAULT '{}', -- how old changed records were: how many per bucket, see there
    error_type text,
    code text,
    message text,
    last_activity_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX ON tandem._run (mapping_id, run);
CREATE UNIQUE INDEX _run_one_active ON tandem._run (mapping_id, kind) WHERE status IN ('pending', 'running');
CREATE INDEX ON tandem._run (owner) WHERE status IN ('pending', 'running');
COMMENT ON TABLE tandem._run IS 'one execution of a mapping; at most one of a kind that is pending or running per mapping, and at most one that is running';

CREATE TABLE tandem._difference (
    run bigint NOT NULL REFERENCES tandem._run ON DELETE CASCADE,
    difference bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CHECK (kind IN ('missing_here', 'missing_there', 'differs', 'unusable')),
    origin_id text,
    local_key jsonb,
    column_name text,
    local_value text,
    remote_value text,
    message text,
    PRIMARY KEY (run, difference)
);
COMMENT ON TABLE tandem._difference IS 'what verify_now found: where the table is not as a full run would make it';

CREATE TABLE tandem._verified (
    run bigint NOT NULL REFERENCES tandem._run ON DELETE CASCADE,
    key_hash bigint NOT NULL,
    PRIMARY KEY (run, key_hash)
);
COMMENT ON TABLE tandem._verified IS 'which rows of the table the listing of a verification has shown, and a full run''s of records that leave no contract, until it ends';

CREATE TABLE tandem._record_log (
    mapping_id bigint NOT NULL REFERENCES tandem._mapping ON DELETE CASCADE,
    entry bigint GENERATED ALWAYS AS IDENTITY,
    run bigint NOT NULL,                -- may be gone: this is kept for its own time
    at timestamptz NOT NULL DEFAULT now(),
    action text NOT NULL CHECK (action IN ('created', 'updated', 'deleted', 'skipped', 'failed')),
    origin_id text,
    local_key jsonb,
    record jsonb,
    record_text text,                   -- the record, escaped, when jsonb cannot hold it
    PRIMARY KEY (mapping_id, entry)
);
CREATE INDEX ON tandem._record_log (mapping_id, origin_id);
CREATE INDEX ON tandem._record_log (mapping_id, at);
COMMENT ON TABLE tandem._record_log IS 'the history of records, where option record_log asks for it';

CREATE TABLE tandem._run_log (
    run bigint NOT NULL REFERENCES tandem._run ON DELETE CASCADE,
    entry bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    level text NOT NULL,
    phase text NOT NULL,
    message text NOT NULL,
    detail jsonb NOT NULL,
    PRIMARY KEY (run, entry)
);
COMMENT ON TABLE tandem._run_log IS 'what a run did, step by step, where option run_log asks for it';

CREATE TABLE tandem._sync_error (
    error bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL,
    mapping_id bigint NOT NULL REFERENCES tandem._mapping ON DELETE CASCADE,
    run bigint,
    error_type text NOT NULL,
    code text NOT NULL,
    origin_id text,
    field text,
    column_name text,
    message text NOT NULL,
    suggestion text,
    sqlstate text,
    record jsonb,
    record_text text,                   -- the record, escaped, when jsonb cannot hold it
    retryable boolean NOT NULL,
    attempts int NOT NULL DEFAULT 1,
    next_attempt_at timestamptz,
    waits_for bigint,                   -- the mapping that is to bring what the record refers to
    waits_for_id text,                  -- the id of that
    retry_run bigint,                   -- the run that is to try the record again
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolved_by name,
    resolution_notes text
);
CREATE INDEX ON tandem._sync_error (mapping_id, origin_id) WHERE resolved_at IS NULL;
CREATE INDEX ON tandem._sync_error (mapping_id, waits_for, error) WHERE resolved_at IS NULL AND waits_for IS NOT NULL;
CREATE INDEX ON tandem._sync_error (mapping_id, code) WHERE resolved_at IS NULL;
CREATE INDEX ON tandem._sync_error (retry_run, error) WHERE resolved_at IS NULL AND retry_run IS NOT NULL;
-- A record that fails in every run is one error that is seen again, not a new one each time.
CREATE UNIQUE INDEX _sync_error_one_open
    ON tandem._sync_error (mapping_id, md5(coalesce(origin_id, record::text, record_text, '')), code, coalesce(column_name, ''))
    WHERE resolved_at IS NULL AND run IS NOT NULL;
COMMENT ON TABLE tandem._sync_error IS 'one record (or one run) that failed: class, message, record, resolution';

-- Narrow on purpose: a first load writes one for every row of the target. Without a foreign key on purpose, too, which
-- would be checked for each of them: a page that writes contracts is committed only if its run is still there.
CREATE TABLE tandem._contract (
    mapping_id bigint NOT NULL,
    ordinal bigint GENERATED ALWAYS AS IDENTITY,  -- what a listing has shown is kept as a set of these; no cache, see _seen
    hash bigint NOT NULL,               -- over the mapped values and the definition they were mapped by; of a source_query: over the row that was sent
    changed_at timestamptz NOT NULL DEFAULT now(),  -- when last_action was done
    created_at timestamptz,             -- null: changed_at, for it was not changed since
    deleted_at timestamptz,             -- the record is gone at the source, and its row by policy
    last_action "char" NOT NULL,        -- c created, u updated, d deleted
    origin_id text COLLATE "C" NOT NULL,  -- compared byte by byte, as engine and index do
    local_key jsonb,                    -- the match columns' values as text; null: they are what origin_id says
    remote_version text,                -- where the object names a field for it
    sent_hash bigint,                   -- of the values that the other side has acknowledged from us; null: none
    acknowledged_at timestamptz,        -- when it did: pages that were asked for before that show what was before it
    base jsonb,                         -- both directions: the row's values, as text, that both sides agreed on last
    flips jsonb,                        -- both ways: when it was sent what had been sent before, for it was changed there meanwhile and changed back here
    PRIMARY KEY (mapping_id, origin_id)
);
-- Which records have one row: its key may be long, so it stands here as its hash.
CREATE INDEX ON tandem._contract (mapping_id, jsonb_hash_extended(local_key, 0)) WHERE local_key IS NOT NULL;
COMMENT ON TABLE tandem._contract IS 'the state of one synced record, where it cannot be derived: what was last seen at the source';

CREATE FUNCTION tandem._forget_contracts() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM tandem._contract WHERE mapping_id = OLD.mapping_id;
    DELETE FROM tandem._outbox_item WHERE mapping_id = OLD.mapping_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tandem._forget_contracts() IS 'a mapping that goes takes its contracts and what it was to send with it';
-- After those of the foreign keys, by its name: once the mapping's runs are gone, nobody writes contracts any more.
CREATE TRIGGER forget_contracts AFTER DELETE ON tandem._mapping FOR EACH ROW EXECUTE FUNCTION tandem._forget_contracts();

-- Rows are added in the page's transaction: a run that is taken anew still has its proof. What was made after the run
-- began has an ordinal beyond the one noted then, because the sequence is not cached by sessions.
CREATE TABLE tandem._seen (
    run bigint NOT NULL REFERENCES tandem._run ON DELETE CASCADE,
    part bigint GENERATED ALWAYS AS IDENTITY,
    ordinals bytea NOT NULL,            -- ranges, see core/seen_set.hpp
    PRIMARY KEY (run, part)
);
COMMENT ON TABLE tandem._seen IS 'which contracts the listing of a run has shown, page by page, until the run ends';

-- A look-back, and already the bound itself, shows again what was judged before; by now its record may have come back.
CREATE TABLE tandem._deletion (
    mapping_id bigint NOT NULL REFERENCES tandem._mapping ON DELETE CASCADE,
    origin_id text NOT NULL,
    at text NOT NULL,                   -- the entry's cursor
    pass bigint NOT NULL,               -- of the last reading that has shown it: what a complete one does not show is forgotten
    PRIMARY KEY (mapping_id, origin_id, at)
);
COMMENT ON TABLE tandem._deletion IS 'entries of feeds of deletions that were judged and may be shown again';

CREATE TABLE tandem._pending_delete (
    mapping_id bigint NOT NULL REFERENCES tandem._mapping ON DELETE CASCADE,
    origin_id text NOT NULL,
    local_key jsonb,
    run bigint NOT NULL,                -- that found it
    uncovered boolean NOT NULL DEFAULT false,  -- listings do not ask for it any more: every run leaves it alone
    detected_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mapping_id, origin_id)
);
COMMENT ON TABLE tandem._pending_delete IS 'rows whose record is not shown any more, and that did not go: too many at once, or not asked for; until approve_deletes()';
