-- What changed at the source or in the table under a mapping.

CREATE TABLE tandem._schema_change (
    change bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL,
    mapping_id bigint NOT NULL REFERENCES tandem._mapping ON DELETE CASCADE,
    side text NOT NULL CHECK (side IN ('remote', 'local')),
    kind text NOT NULL CHECK (kind IN ('added', 'vanished', 'retyped', 'renamed', 'dropped')),
    field text,
    column_name text,
    old_type text,
    new_type text,
    ddl text,
    message text,                       -- why schema_change evolve could not apply it
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'applied', 'ignored')),
    detected_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now()
);
-- One row per change while it is open; one that somebody ignores does not come again.
CREATE UNIQUE INDEX _schema_change_one_open
    ON tandem._schema_change (mapping_id, side, kind, coalesce(field, ''), coalesce(column_name, ''))
    WHERE status IN ('open', 'ignored');
COMMENT ON TABLE tandem._schema_change IS 'fields and columns under a mapping that appeared, vanished, or changed';

CREATE TABLE tandem._shape (
    mapping_id bigint PRIMARY KEY REFERENCES tandem._mapping ON DELETE CASCADE,
    shape jsonb NOT NULL,               -- fields of the records that runs have seen: type, whether every record had it
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tandem._shape IS 'what the records of a mapping looked like so far, as runs saw them';
