-- Nested arrays that go into tables of their own.

CREATE TABLE tandem._child_table (
    mapping_id bigint NOT NULL REFERENCES tandem._mapping ON DELETE CASCADE,
    field text NOT NULL,                -- of the array, as the definition has it: lines[]
    target oid NOT NULL,                -- the table; text beside it decides after a restore
    target_name text NOT NULL,
    columns_seen jsonb,                 -- column -> [attnum, type] when it was last looked at; null: look again
    PRIMARY KEY (mapping_id, field)
);
CREATE INDEX ON tandem._child_table (target);
COMMENT ON TABLE tandem._child_table IS 'tables that the elements of nested arrays go to, beside the target of a mapping';
