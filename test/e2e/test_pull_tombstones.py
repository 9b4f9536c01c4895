"""Records that say of themselves that they are deleted, and versions that are kept."""

import json

import pytest

from pull import PAGING, Pull, records

CURSOR = {"field": "at", "param": "since"}
FLAG = {"field": "gone", "equals": True}


def changes(api, source):
    api.feed("/things", source, field="at", offset="offset")


def at(n):
    return f"2026-01-01T00:00:{n:02}Z"


def marked(record, **fields):
    return {**record, "gone": True, **fields}


def flagged(api, database, source, columns=None, table=None, deleted=FLAG, key="PRIMARY KEY", version=None, **arguments):
    changes(api, source)
    spec = {"path": "/things", "paging": PAGING["offset"], "cursor": CURSOR, "deleted": deleted}
    if version:
        spec["version"] = version
    pull = Pull(database).connect(api.url, {"things": spec}).table(table or f"id text {key}, name text, qty integer, away boolean")
    return pull.map(columns or {"id": "id", "name": "name", "qty": "qty"}, **{"delete_mode": "hard", **arguments})


def source_of(count):
    return [{**record, "at": at(0)} for record in records(count)]


def test_marked_records_take_their_rows_along_and_come_back(api, database):
    source = source_of(150)
    pull = flagged(api, database, source + [marked({"id": "never", "name": "x", "qty": 0, "at": at(0)})])
    first = pull.run()
    assert (first.status, first.created, first.deleted, first.skipped) == ("completed", 150, 0, 1)
    source[3:6] = [marked(r, at=at(10)) for r in source[3:6]]
    changes(api, source)
    second = pull.run()
    assert (second.status, second.full, second.deleted, second.updated) == ("completed", False, 3, 0)
    assert len(pull.rows()) == 147
    assert database.sql("SELECT origin_id FROM tandem.contracts WHERE last_action = 'deleted' AND deleted_at IS NOT NULL ORDER BY 1",
                        user="postgres") == [("r00003",), ("r00004",), ("r00005",)]
    assert pull.run().deleted == 0
    source[4] = {**records(1, 4)[0], "at": at(20)}
    changes(api, source)
    third = pull.run()
    assert (third.created, third.deleted) == (1, 0)
    assert len(pull.rows()) == 148
    full = pull.run(full=True)
    assert (full.status, full.created, full.deleted) == ("completed", 0, 0)


def test_soft_deletion_keeps_the_row(api, database):
    source = source_of(5)
    pull = flagged(api, database, source, delete_mode="soft", options={"soft_delete_columns": {"away": True}})
    pull.run()
    source[0] = marked(source[0], name="changed", at=at(10))
    changes(api, source)
    assert pull.run().deleted == 1
    assert pull.rows("name, away")[0] == ("thing 0", True)
    source[0] = {**source[0], "gone": False, "at": at(20)}
    changes(api, source)
    assert pull.run().updated == 1
    assert pull.rows("name, away")[0] == ("changed", False)


def test_what_ignores_deletes_skips_them(api, database):
    source = source_of(5)
    pull = flagged(api, database, source, delete_mode="ignore")
    pull.run()
    source[0] = marked(source[0], name="changed", at=at(10))
    changes(api, source)
    run = pull.run()
    assert (run.status, run.deleted, run.updated, run.failed) == ("completed", 0, 0, 0)
    assert pull.rows("name")[0] == ("thing 0",)


def test_the_brake_holds_them_back_until_they_are_approved(api, database):
    source = source_of(300)
    pull = flagged(api, database, source)
    pull.run()
    # pages of 100: 5, then 40, then 1
    gone = [*range(5), *range(100, 140), 250]
    for n in gone:
        source[n] = marked(source[n], at=at(10))
    for n in set(range(300)) - set(gone):
        source[n] = {**source[n], "at": at(10)}
    changes(api, source)
    run = pull.run()
    assert (run.status, run.deleted) == ("partial", 5)
    assert len(pull.rows()) == 295
    assert database.scalar("SELECT count(*) FROM tandem.pending_deletes WHERE mapping = 'things'", user="postgres") == 41
    status = database.sql("SELECT status, next_step FROM tandem.mapping_status WHERE mapping = 'things'")[0]
    assert status[0] == "partial" and "approve_deletes" in status[1]
    number = database.scalar("SELECT tandem.approve_deletes('things', 41)")
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,))
    approved = pull.run_row(number)
    assert (approved.status, approved.deleted) == ("completed", 41)
    assert len(pull.rows()) == 254
    assert database.scalar("SELECT count(*) FROM tandem.pending_deletes", user="postgres") == 0


def test_the_contract_of_each_is_looked_up_by_itself(api, database):
    """With statistics of an empty table, the ids of each page were held against all the contracts of the mapping."""
    source = source_of(800)
    pull = flagged(api, database, source, options={"delete_brake": {"rows": 1000}})
    pull.run()
    leave(database)
    before = contracts_read(database)
    source[:] = [marked(record, at=at(10)) for record in source]
    changes(api, source)
    run = pull.run()
    assert (run.status, run.deleted, run.pages) == ("completed", 800, 9)
    leave(database)
    assert contracts_read(database) - before <= 8 * 800  # 18,400 then, and more than linearly with more of them


def leave(database):
    """The worker, which tells what it has counted when it goes."""
    database.sql("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE backend_type = 'tandem worker'"
                 " AND datname = current_database()", user="postgres")


def contracts_read(database):
    return database.scalar("SELECT pg_stat_get_tuples_returned('tandem._contract_pkey'::regclass)", user="postgres")


def test_a_row_that_another_record_has_now_stays(api, database):
    source = [{"id": "a", "name": "ann", "qty": 1, "at": at(0)}, {"id": "b", "name": "bob", "qty": 2, "at": at(0)}]
    pull = flagged(api, database, source, table="id text, name text PRIMARY KEY, qty integer", match_on=["name"])
    pull.run()
    source[0] = {"id": "c", "name": "ann", "qty": 3, "at": at(5)}
    changes(api, source)
    pull.run()
    changes(api, source + [marked({"id": "a", "name": "ann", "qty": 1, "at": at(10)})])
    assert pull.run().deleted == 0
    assert pull.rows("id, name") in ([("b", "bob"), ("c", "ann")],)


def test_a_row_that_may_not_go_is_an_error_of_its_own(api, database):
    source = source_of(5)
    pull = flagged(api, database, source)
    pull.run()
    database.sql("CREATE TABLE uses (id text REFERENCES things); INSERT INTO uses VALUES ('r00001')")
    for n in (1, 2):
        source[n] = marked(source[n], at=at(10))
    changes(api, source)
    run = pull.run()
    assert (run.status, run.deleted, run.failed) == ("partial", 1, 1)
    assert pull.errors("origin_id, code") == [("r00001", "TD414")]
    database.sql("DELETE FROM uses")
    source[1] = marked(source[1], at=at(20))
    changes(api, source)
    assert pull.run().deleted == 1
    assert pull.errors() == []


@pytest.mark.parametrize("equals, value", [("cancelled", "cancelled"), (1, 1), (False, False)])
def test_the_mark_may_be_any_scalar(api, database, equals, value):
    source = source_of(3)
    pull = flagged(api, database, source, deleted={"field": "state", "equals": equals})
    pull.run()
    source[0] = {**source[0], "state": value, "at": at(10)}
    source[1] = {**source[1], "state": "something else", "at": at(10)}
    changes(api, source)
    assert pull.run().deleted == 1


def test_a_preview_says_what_would_go(api, database):
    source = source_of(3)
    pull = flagged(api, database, source)
    pull.run()
    source[0] = marked(source[0], at=at(10))
    unknown = marked({"id": "never", "name": "x", "qty": 0, "at": at(11)})
    changes(api, source + [unknown])
    shown = dict(database.sql("SELECT origin_id, action FROM tandem.preview_mapping('things')"))
    assert (shown["r00000"], shown["never"]) == ("delete", "skip")
    assert len(pull.rows()) == 3


def test_a_verification_misses_no_record_that_is_marked(api, database):
    source = source_of(3)
    pull = flagged(api, database, source)
    pull.run()
    changes(api, [*source[1:], marked(source[0], at=at(10))])
    number = database.scalar("SELECT tandem.verify_now('things')")
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,))
    assert database.sql("SELECT kind, local_key ->> 'id' FROM tandem.run_differences(%s)", (number,)) == [("missing_there", "r00000")]


@pytest.mark.parametrize("delete_mode", ["ignore", "hard"])
def test_versions_are_kept_with_contracts(api, database, delete_mode):
    source = [{**record, "etag": f"v{record['qty']}"} for record in source_of(3)]
    pull = flagged(api, database, source, version="etag", delete_mode=delete_mode)
    pull.run()
    shown = "SELECT origin_id, remote_version, local_key IS NULL, stored FROM tandem.contracts ORDER BY 1"
    assert database.sql(shown, user="postgres") == [(f"r0000{n}", f"v{n}", True, True) for n in range(3)]
    source[1] = {**source[1], "etag": "v9", "at": at(10)}
    source[2] = {**source[2], "etag": None, "at": at(10)}
    changes(api, source)
    run = pull.run()
    assert (run.status, run.updated, run.failed) == ("completed", 0, 0)
    assert [row[1] for row in database.sql(shown, user="postgres")] == ["v0", "v9", None]


def test_mistakes_are_answered_with_their_path(api, database):
    config = {"base_url": api.url, "objects": {"things": {"path": "/things", "deleted": {"equals": []}, "version": 3}}}
    found = database.sql("SELECT path FROM tandem.validate_connector(%s::jsonb) ORDER BY path", (json.dumps(config),))
    assert [row[0] for row in found] == ["objects.things.deleted.equals", "objects.things.deleted.field", "objects.things.version"]


def test_a_mark_takes_no_row_that_the_table_takes_for_another_one(api, database):
    database.sql("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)", user="postgres")
    source = [{"id": "Ann", "name": "x", "qty": 1, "at": at(0)}]
    pull = flagged(api, database, source, table="id text COLLATE ci PRIMARY KEY, name text, qty integer, away boolean")
    assert pull.run().created == 1
    changes(api, source + [{**source[0], "id": "ann", "name": "y", "at": at(1)}])
    assert pull.run().updated == 1
    changes(api, [marked(source[0], at=at(2)), {**source[0], "id": "ann", "name": "y", "at": at(1)}])
    run = pull.run()
    assert (run.deleted, run.code) == (0, "TD413") and "nondeterministic collation" in run.message
    assert pull.rows("name") == [("y",)]
