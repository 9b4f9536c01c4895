-- Records that an application hands over, to be sent through a mapping: push_records. They wait as items of the outbox,
-- each with its record; here is what became of them.

CREATE TABLE tandem._batch (
    batch bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id bigint NOT NULL,
    mapping_id bigint NOT NULL REFERENCES tandem._mapping ON DELETE CASCADE,
    requested_by name NOT NULL DEFAULT session_user,
    requested_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON tandem._batch (mapping_id, batch);
COMMENT ON TABLE tandem._batch IS 'batches of records that applications have handed over';

CREATE TABLE tandem._batch_record (
    batch bigint NOT NULL REFERENCES tandem._batch ON DELETE CASCADE,
    position int NOT NULL,              -- in the batch, from 1
    item bigint NOT NULL,               -- of the outbox; it is gone once it is sent
    version bigint NOT NULL,            -- of the item, with this record
    outcome "char" CHECK (outcome IN ('s', 'k')),  -- sent, skipped: nobody was to be told; null: what the item says
    remote_id text,
    at timestamptz,                     -- of the outcome
    PRIMARY KEY (batch, position)
);
CREATE INDEX ON tandem._batch_record (item) WHERE outcome IS NULL;
COMMENT ON TABLE tandem._batch_record IS 'what became of each record of a batch';
