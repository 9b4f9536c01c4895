"""Option stamp: one table for the records of many mappings."""

import psycopg
import pytest

from pull import Pull, records
from servers import ApiServer

TABLE = "source text, id text, name text, synced_at timestamptz, run bigint, row uuid, PRIMARY KEY (source, id)"
STAMP = {"source": "connection", "synced_at": "now", "run": "run", "row": "uuid"}
SPEC = {"things": {"path": "/things"}}


@pytest.fixture
def pulls(api, database):
    """Two accounts with the same ids in one table."""
    with ApiServer() as second:
        api.listing("/things", [{"id": "a", "name": "ours"}, {"id": "b", "name": "ours too"}])
        second.listing("/things", [{"id": "a", "name": "theirs"}])
        database.sql(f"CREATE TABLE things ({TABLE})")
        made = []
        for name, server in (("things", api), ("more", second)):
            pull = Pull(database, name).connect(server.url, SPEC)
            database.sql("SELECT tandem.create_mapping(%s, %s, 'things', 'things', '{\"id\": \"id\", \"name\": \"name\"}', options => %s::jsonb)",
                         (name, f"{name}_api", psycopg.types.json.Json({"stamp": STAMP})))
            made.append(pull)
        yield (*made, second)


def test_the_same_id_of_two_sources_is_two_rows(database, pulls):
    first, second, _ = pulls
    assert (first.run().created, second.run().created) == (2, 1)
    assert database.sql("SELECT source, id, name FROM things ORDER BY 1, 2") == [
        ("more_api", "a", "theirs"), ("things_api", "a", "ours"), ("things_api", "b", "ours too")]
    assert database.scalar("SELECT bool_and(synced_at <= now() AND synced_at > now() - interval '1 minute') FROM things")
    assert database.scalar("SELECT count(DISTINCT row) FROM things") == 3


def test_stamps_of_the_moment_change_nothing_by_themselves(api, database, pulls):
    first, second, server = pulls
    first.run(), second.run()
    before = database.sql("SELECT xmin::text, * FROM things ORDER BY source, id")
    assert first.run(full=True).skipped == 2, "nothing has changed at the source"
    assert database.sql("SELECT xmin::text, * FROM things ORDER BY source, id") == before
    api.listing("/things", [{"id": "a", "name": "changed"}, {"id": "b", "name": "ours too"}])
    run = first.run()
    assert run.updated == 1
    changed = database.sql("SELECT source, id, name, run FROM things WHERE name = 'changed'")
    assert changed == [("things_api", "a", "changed", run.run)]
    rows = {row[1:3]: row[6] for row in before}
    assert database.scalar("SELECT row FROM things WHERE name = 'changed'") == rows["things_api", "a"], "the uuid is the row's for good"


def test_stamped_with_ids_and_keys(api, database):
    api.listing("/things", records(1))
    pull = Pull(database).connect(api.url, SPEC).table("tenant uuid, mapping bigint, id text, PRIMARY KEY (tenant, mapping, id)")
    pull.map({"id": "id"}, options={"stamp": {"tenant": "tenant", "mapping": "mapping"}})
    assert pull.run().status == "completed"
    assert pull.rows("tenant, mapping") == database.sql("SELECT tandem.tenant_key(), mapping_id FROM tandem.mappings")


def test_what_cannot_be_stamped_is_refused(api, database):
    api.listing("/things", records(1))
    pull = Pull(database).connect(api.url, SPEC).table("source text, id text PRIMARY KEY, at timestamp")
    for stamp, message in [({"source": "tenat"}, "cannot be stamped with"), ({"at": "now"}, "which cannot be stamped"),
                           ({"sourc": "tenant"}, "does not exist"), ({"id": "tenant"}, "filled by"),
                           ({"source": "tenant"}, r"no unique index on exactly \(id, source\)")]:
        with pytest.raises(psycopg.errors.InvalidParameterValue, match=message):
            pull.map({"id": "id"}, options={"stamp": stamp})
