-- What both sides of a two-way mapping changed, and policy leaves to a person.

CREATE TABLE tandem._conflict (
    conflict bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL,
    mapping_id bigint NOT NULL REFERENCES tandem._mapping ON DELETE CASCADE,
    run bigint,                         -- that found it
    origin_id text NOT NULL,
    key jsonb NOT NULL,                 -- of the local row: {"id": "5"}
    base jsonb,                         -- the columns' values, as text, that both sides agreed on last; null: they never did
    local jsonb,                        -- null: deleted here
    remote jsonb,                       -- null: deleted there
    columns text[] NOT NULL,            -- that are in conflict; of a row that one side deleted: none
    detected_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolved_by name,
    choice text CHECK (choice IN ('local', 'remote', 'merged', 'gone'))  -- gone: it solved itself
);
CREATE UNIQUE INDEX _conflict_one_open ON tandem._conflict (mapping_id, key) WHERE resolved_at IS NULL;
COMMENT ON TABLE tandem._conflict IS 'rows that both sides changed, until a person decides: nothing of them is written on either side';
