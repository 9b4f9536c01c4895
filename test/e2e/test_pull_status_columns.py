"""options.status_columns: when a row was written and what is wrong with its record, on the row itself."""

import pytest
from pull import records, things

TABLE = "id text PRIMARY KEY, name text UNIQUE, qty integer CHECK (qty < 1000), synced_at timestamptz, sync_error {}"
OPTIONS = {"status_columns": {"last_sync": "synced_at", "last_error": "sync_error"}}


def status(pull) -> dict[str, str | None]:
    return dict(pull.rows("id, sync_error"))


def test_the_row_says_when_it_was_written_and_what_is_wrong(api, database):
    source = records(5)
    pull = things(api, database, source, table=TABLE.format("text"), options=OPTIONS)
    pull.run()
    first = dict(pull.rows("id, synced_at"))
    assert all(first.values()) and set(status(pull).values()) == {None}
    before = database.sql("SELECT id, ctid, xmin FROM things ORDER BY id")
    assert pull.run().skipped == 5
    assert database.sql("SELECT id, ctid, xmin FROM things ORDER BY id") == before, "what does not change costs no write"

    source[1]["qty"], source[2]["qty"], source[3]["name"] = "many", 5000, "new"
    api.listing("/things", [*source, {"id": "never", "name": "x", "qty": 9999}])
    run = pull.run()
    assert (run.updated, run.failed) == (1, 3)
    now = dict(pull.rows("id, synced_at"))
    assert [i for i in now if now[i] != first[i]] == ["r00003"]
    said = status(pull)
    assert "qty" in said["r00001"] and "things_qty_check" in said["r00002"]
    assert [said[i] for i in ("r00000", "r00003", "r00004")] == [None] * 3 and "never" not in said
    before = database.sql("SELECT id, ctid, xmin FROM things ORDER BY id")
    pull.run()
    assert database.sql("SELECT id, ctid, xmin FROM things ORDER BY id") == before, "the same error is not written again"

    source[1]["qty"], source[2]["qty"] = 1, 7  # one as it was before the error, one with a new value
    api.listing("/things", source)
    assert pull.run().status == "completed"
    assert set(status(pull).values()) == {None}
    assert dict(pull.rows("id, qty"))["r00002"] == 7
    assert pull.errors() == [] or pull.errors("origin_id") == [("never",)]


def test_an_error_longer_than_its_column_is_cut(api, database):
    source = records(2)
    pull = things(api, database, source, table=TABLE.format("varchar(10)"), options=OPTIONS)
    pull.run()
    source[0]["qty"] = 5000
    api.listing("/things", source)
    pull.run()
    assert status(pull)["r00000"] == "new row fo"


def test_a_trigger_that_refuses_the_word_leaves_the_row_as_it_is(api, database):
    source = records(3)
    pull = things(api, database, source, table=TABLE.format("text"), options=OPTIONS)
    pull.run()
    database.psql("""
        CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF new.id = 'r00000' AND new.sync_error IS NOT NULL THEN RAISE 'no'; END IF; RETURN new; END $$;
        CREATE TRIGGER no BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION no();""")
    source[0]["qty"] = source[1]["qty"] = 5000
    source[2]["name"] = "new"
    api.listing("/things", source)
    run = pull.run()
    assert (run.updated, run.failed) == (1, 2)
    assert status(pull)["r00000"] is None and status(pull)["r00001"]


@pytest.mark.parametrize("options, said", [
    ({"status_columns": {"last_syn": "synced_at"}}, "no status"), ({"status_columns": {"last_sync": 5}}, "must name a column"),
    ({"status_columns": {"last_sync": "sync_error"}}, "cannot hold when its row was written"), ({"status_columns": {"last_error": "qty2"}}, "qty2"),
    ({"status_columns": {"last_error": "synced_at"}}, "cannot hold the text of an error")])
def test_what_does_not_fit_is_refused(api, database, options, said):
    with pytest.raises(Exception, match=said):
        things(api, database, records(1), table=TABLE.format("text"), options=options)
