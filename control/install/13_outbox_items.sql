-- What is to be sent: one row for each local row of a push mapping that changed, made from the entries of the outbox.

CREATE TABLE tandem._outbox_item (
    item bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL,
    mapping_id bigint NOT NULL,         -- without a foreign key, see _contract
    key jsonb NOT NULL,                 -- of the local row, values as text: {"id": "5"}; with a record {"$record": {"id": "5"}}
    was jsonb,                          -- other values that tell which record it is, for when the row is gone
    op "char" NOT NULL,                 -- i u d: the newest change; u after an i that was not sent stays i
    version bigint NOT NULL,            -- seq of the newest change
    seq bigint NOT NULL,                -- of the first one that was not sent: items go in this order
    txid xid8,                          -- of the newest
    changed smallint[],                 -- numbers of the columns that changed since it was sent; null: all of them
    captured_at timestamptz NOT NULL,   -- of the first change that was not sent
    changed_at timestamptz NOT NULL,    -- of the newest
    state "char" NOT NULL DEFAULT 'p' CHECK (state IN ('p', 'c', 'f', 'a')),  -- pending, claimed (under way), parked with an error, ambiguous
    not_before timestamptz,             -- it settles, or waits to be tried again
    waits_for text,                     -- what it waits for besides
    attempts int NOT NULL DEFAULT 0,    -- of the newest change, as far as they count
    sent_version bigint,                -- what the last attempt sent, committed before it was sent
    sent_op "char",                     -- c create, u update, s upsert, d delete
    sent_changed smallint[],
    sent_at timestamptz,
    sent jsonb,                         -- the values it sent, where they are needed to find out what became of it
    run bigint,                         -- that claimed it last, with its epoch: a late finisher changes nothing
    epoch bigint,
    idempotency_key text,
    batch bigint,                       -- of push_records: the newest
    record jsonb,                       -- of push_records, and events: the values by column; null: the row has them
    row_hash bigint,                    -- of a source_query: the row as it was compared
    UNIQUE (mapping_id, key)
) WITH (fillfactor = 70);
CREATE INDEX ON tandem._outbox_item (mapping_id, seq) WHERE state = 'p';
CREATE INDEX ON tandem._outbox_item (not_before) WHERE state IN ('p', 'a') AND not_before IS NOT NULL;
CREATE INDEX ON tandem._outbox_item (mapping_id, state) WHERE state IN ('c', 'a', 'f');
COMMENT ON TABLE tandem._outbox_item IS 'local rows that are to be sent by a push mapping: what changed, and what became of the attempts';
