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
    definition jsonb NOT NULL,          -- columns, key, match_on, direction, sync_mode, cursor_field, write_mode, options: as given, defaults filled in
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
    cursor_value text,                  -- watermark of incremental reading, committed
    resume jsonb,                       -- position of a listing that was not read to its end
    resume_version bigint,              -- definition_version the position belongs to
    rows_synced bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name)
);
CREATE INDEX ON tandem._mapping (connection_id);
CREATE INDEX ON tandem._mapping (next_run_at) WHERE next_run_at IS NOT NULL AND enabled AND NOT paused;
COMMENT ON TABLE tandem._mapping IS 'remote object to local table: fields, schedule, policy, and how far reading has come';

CREATE TABLE tandem._run (
    run bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL,
    mapping_id bigint NOT NULL REFERENCES tandem._mapping ON DELETE CASCADE,
    owner oid NOT NULL,                 -- the mapping's owner at that time: whose worker takes it
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'completed', 'partial', 'failed', 'cancelled')),
    trigger text NOT NULL CHECK (trigger IN ('manual', 'schedule', 'api')),
    requested_by name NOT NULL,
    "full" boolean NOT NULL DEFAULT false,
    params jsonb NOT NULL DEFAULT '{}',
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
    bytes bigint NOT NULL DEFAULT 0,
    total bigint,                       -- records the source says there are, where it does
    cursor_before text,
    cursor_after text,
    timing jsonb NOT NULL DEFAULT '{}',
    error_type text,
    code text,
    message text,
    last_activity_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX ON tandem._run (mapping_id, run);
CREATE UNIQUE INDEX _run_one_active ON tandem._run (mapping_id) WHERE status IN ('pending', 'running');
CREATE INDEX ON tandem._run (owner) WHERE status IN ('pending', 'running');
COMMENT ON TABLE tandem._run IS 'one execution of a mapping; at most one that is pending or running per mapping';

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
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolved_by name,
    resolution_notes text
);
CREATE INDEX ON tandem._sync_error (mapping_id) WHERE resolved_at IS NULL;
-- A record that fails in every run is one error that is seen again, not a new one each time.
CREATE UNIQUE INDEX _sync_error_one_open
    ON tandem._sync_error (mapping_id, md5(coalesce(origin_id, record::text, record_text, '')), code, coalesce(column_name, ''))
    WHERE resolved_at IS NULL AND run IS NOT NULL;
COMMENT ON TABLE tandem._sync_error IS 'one record (or one run) that failed: class, message, record, resolution';

CREATE TABLE tandem._contract (
    mapping_id bigint NOT NULL REFERENCES tandem._mapping ON DELETE CASCADE,
    origin_id text NOT NULL,
    hash bigint NOT NULL,               -- over the mapped values and the definition they were mapped by
    last_action "char" NOT NULL,        -- c created, u updated, s found as it should be
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mapping_id, origin_id)
);
COMMENT ON TABLE tandem._contract IS 'the state of one synced record, where it cannot be derived: what was last seen at the source';
