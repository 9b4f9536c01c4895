"""Deletions that a vendor tells in a feed of their own: what they take along, what they leave, and that none is lost."""

import json
import threading

import pytest

from pull import Pull
from servers import FEED, LISTING, Answer, Vendor

PAGING = {"style": "token", "param": "cursor", "next": "next_cursor"}
CURSOR = {"field": "updated_at", "param": "since"}
MOMENT = {"field": "deletedDate", "param": "start", "covered": "latestDateCovered",
          "expired": {"status": [400], "contains": "INVALID_REPLICATION_DATE"}}
DELETIONS = {"path": FEED, "paging": PAGING, "cursor": MOMENT}
MANY = {"delete_brake": {"rows": 1000}}
IDS = [f"r{n:03}" for n in range(10)]


def fed(api, database, ids=IDS, deletions=None, size=100, table="id text PRIMARY KEY, name text, away boolean", cursor=None, **arguments):
    vendor = Vendor(api, size).put(*ids)
    spec = {"path": LISTING, "paging": PAGING, "cursor": cursor or CURSOR, "deletions": deletions or DELETIONS}
    pull = Pull(database).connect(api.url, {"things": spec}).table(table)
    return vendor, pull.map({"id": "id", "name": "name"}, **{"delete_mode": "hard", **arguments})


def here(pull):
    return [row[0] for row in pull.rows("id")]


def place(database):
    return database.scalar("SELECT deletions_value FROM tandem._mapping", user="postgres")


def test_rows_go_with_what_the_feed_tells(api, database):
    vendor, pull = fed(api, database)
    first = pull.run()
    assert (first.status, first.created, first.deleted) == ("completed", 10, 0)
    assert api.requests(FEED) == [], "what was deleted before the first run is no business of it"
    vendor.tick().delete("r003", "r004").tick()
    second = pull.run()
    assert (second.status, second.full, second.deleted, second.records_read) == ("completed", False, 2, 8)
    assert vendor.asked(FEED, "start") == ["2026-01-01T12:00:00Z"]
    assert here(pull) == [id_ for id_ in IDS if id_ not in ("r003", "r004")]
    assert database.sql("SELECT origin_id FROM tandem.contracts WHERE last_action = 'deleted' ORDER BY 1", user="postgres") == [
        ("r003",), ("r004",)]
    api.forget()
    vendor.tick()
    third = pull.run()
    assert (third.status, third.deleted) == ("completed", 0)
    assert vendor.asked(FEED, "start") == ["2026-01-01T12:01:59Z"], "the watermark has moved on"
    vendor.put("r003").tick()
    assert pull.run().created == 1 and len(here(pull)) == 9


def test_soft_deletion_and_return(api, database):
    vendor, pull = fed(api, database, delete_mode="soft", options={"soft_delete_columns": {"away": True}, "record_log": {"level": "changes"}})
    pull.run()
    vendor.tick().delete("r000").tick()
    assert pull.run().deleted == 1
    assert pull.rows("id, away")[:2] == [("r000", True), ("r001", False)]
    assert ("r000", "deleted") in database.sql("SELECT origin_id, action FROM tandem.record_log", user="postgres")
    vendor.tick().put("r000").tick()
    assert pull.run().updated == 1
    for _ in range(3):
        vendor.tick()
        assert pull.run().deleted == 0
    assert pull.rows("id, away")[0] == ("r000", False)


def test_what_came_back_stays(api, database):
    deletions = {**DELETIONS, "cursor": {**MOMENT, "lookback": "1 day"}}
    vendor, pull = fed(api, database, deletions=deletions)
    vendor.delete("r009").tick(1).put("r009").tick(1)
    pull.run()
    vendor.tick().delete("r001", "r002").tick().put("r001", name="again").tick()
    run = pull.run()
    assert (run.status, run.deleted, run.updated) == ("completed", 1, 1)
    vendor.tick().put("r002").tick()
    for _ in range(3):
        vendor.tick()
        assert pull.run().deleted == 0, "the look-back shows deletions that are over"
    assert here(pull) == IDS


def test_what_goes_behind_the_back_of_the_listing_goes_with_the_next_run(api, database):
    vendor, pull = fed(api, database)
    pull.run()
    vendor.tick().put("r005", name="changed")
    vendor.after_listing = lambda: vendor.tick().delete("r005")
    run = pull.run()
    assert (run.status, run.updated, run.deleted) == ("completed", 1, 0), "this run has shown that it is there"
    vendor.tick()
    assert pull.run().deleted == 1
    assert "r005" not in here(pull)


def test_a_feed_that_is_late_loses_nothing(api, database):
    vendor, pull = fed(api, database)
    pull.run()
    vendor.tick(600).delete("r001")
    vendor.lag = vendor.now - vendor.now.replace(minute=0)  # ten minutes
    vendor.tick(10)
    assert pull.run().deleted == 0
    vendor.tick(3600)
    assert pull.run().deleted == 1


def test_a_run_goes_on_in_the_feed_after_its_worker_was_lost(api, database):
    ids = [f"r{n:03}" for n in range(300)]
    vendor, pull = fed(api, database, ids, options=MANY)
    pull.run()
    vendor.second_page = threading.Event()
    vendor.tick().delete(*ids[:250]).tick()
    api.forget()
    run = pull.start()
    database.wait_for(f"SELECT deleted = 100 AND phase = 'deletions' FROM tandem._run WHERE run = {run}")
    database.sql("SELECT pg_terminate_backend(pid) FROM tandem._run WHERE run = %s", (run,), user="postgres")
    vendor.second_page.set()
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,))
    ended = pull.run_row(run)
    assert (ended.attempt, ended.status, ended.deleted) == (2, "completed", 250)
    assert vendor.asked(LISTING, "cursor") == [None], "the listing was complete"
    assert vendor.asked(FEED, "cursor").count(None) == 1
    assert here(pull) == ids[250:]


def test_what_a_lost_worker_has_read_of_the_feed_counts_for_its_ceilings(api, database):
    ids = [f"r{n:03}" for n in range(300)]
    deletions = {**DELETIONS, "paging": {**PAGING, "max_pages": 2}}
    vendor, pull = fed(api, database, ids, deletions, options=MANY)
    pull.run()
    vendor.second_page = threading.Event()
    vendor.tick().delete(*ids[:250]).tick()
    run = pull.start()
    database.wait_for(f"SELECT deleted = 100 AND phase = 'deletions' FROM tandem._run WHERE run = {run}")
    database.sql("SELECT pg_terminate_backend(pid) FROM tandem._run WHERE run = %s", (run,), user="postgres")
    vendor.second_page.set()
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,))
    ended = pull.run_row(run)
    assert (ended.attempt, ended.status, ended.code, ended.deleted) == (2, "failed", "TD208", 200)
    run = pull.run()
    assert (run.status, run.deleted) == ("completed", 50), "the next run may read as much again"


@pytest.mark.parametrize("fault", ["500", "403", "truncate"])
def test_a_feed_that_fails_fails_the_run_and_holds_up_nothing_else(api, database, fault):
    vendor, pull = fed(api, database)
    pull.run()
    cursor = database.scalar("SELECT cursor_value FROM tandem._mapping", user="postgres")
    before = place(database)
    vendor.tick().delete("r001", "r002").tick().put("r001", "new").tick()
    api.fault(FEED, fault, times=2)
    for _ in range(2):
        run = pull.run()
        assert run.status == "failed" and "feed of deletions (things.deletions)" in run.message
        assert (run.cursor_after, place(database)) == (cursor, before)
    assert "new" in here(pull), "what changed does not wait for the feed"
    api.forget()
    run = pull.run()
    assert (run.status, run.deleted) == ("completed", 1)
    assert vendor.asked(LISTING, "since") == [cursor], "what has come back has to be shown again"
    assert here(pull) == sorted([*[id_ for id_ in IDS if id_ != "r002"], "new"])


def test_a_feed_that_is_too_long_for_one_run_goes_on_in_the_next(api, database):
    ids = [f"r{n:03}" for n in range(30)]
    deletions = {**DELETIONS, "paging": {**PAGING, "max_pages": 2}}
    vendor, pull = fed(api, database, ids, deletions, size=10, options=MANY)
    pull.run()
    vendor.tick().delete(*ids).tick().put(ids[25]).tick()
    run = pull.run()
    assert (run.status, run.code, run.deleted) == ("failed", "TD208", 20)
    api.forget()
    run = pull.run()
    assert (run.status, run.deleted) == ("completed", 9)
    assert api.requests(LISTING) == []
    assert here(pull) == [ids[25]], "what the run before it has seen is not forgotten"
    assert database.scalar("SELECT count(*) FROM tandem._seen", user="postgres") == 0


def test_a_first_reading_in_two_runs_misses_no_deletion(api, database):
    vendor = Vendor(api, 10).put(*IDS, *[f"s{n:03}" for n in range(10)])
    spec = {"path": LISTING, "paging": PAGING, "cursor": {**CURSOR, "order": "ascending"}, "deletions": DELETIONS}
    pull = Pull(database).connect(api.url, {"things": spec}).table("id text PRIMARY KEY, name text")
    pull.map({"id": "id", "name": "name"}, delete_mode="hard")
    api.fault(LISTING, "500", when={"cursor": "list.10"})
    assert pull.run().status == "failed"
    vendor.tick().delete("r000").tick()
    run = pull.run()
    assert (run.status, run.deleted) == ("completed", 1)
    assert here(pull) == sorted(vendor.records)


def test_a_cursor_that_is_reset_costs_a_full_run_and_no_deletion(api, database):
    vendor, pull = fed(api, database)
    pull.run()
    vendor.tick().delete("r007").tick()
    database.scalar("SELECT tandem.reset_cursor('things')")
    assert place(database) is None
    vendor.deletions.clear()
    run = pull.run()
    assert (run.status, run.full, run.deleted) == ("completed", True, 1)
    vendor.tick().delete("r008").tick()
    run = pull.run()
    assert (run.full, run.deleted) == (False, 1)
    database.scalar("SELECT tandem.reset_cursor('things', '2026-01-01T12:00:00Z')")
    api.forget()
    run = pull.run()
    assert (run.status, run.full, run.deleted) == ("completed", False, 0)
    assert vendor.asked(FEED, "start") == ["2026-01-01T12:00:00Z"]


def test_a_feed_that_does_not_reach_back_any_more_makes_the_next_run_a_full_one(api, database):
    vendor, pull = fed(api, database)
    pull.run()
    vendor.tick().delete("r001").tick(20 * 86_400)
    run = pull.run()
    assert (run.status, run.full, run.deleted, run.code) == ("completed", False, 0, "TD415")
    run = pull.run()
    assert (run.status, run.full, run.deleted, run.code) == ("completed", True, 1, None)
    vendor.tick().delete("r002").tick()
    run = pull.run()
    assert (run.full, run.deleted) == (False, 1)


def test_the_brake_holds_back_until_it_is_approved(api, database):
    ids = [f"r{n:03}" for n in range(100)]
    vendor, pull = fed(api, database, ids)
    pull.run()
    before = place(database)
    vendor.tick().delete(*ids[:30]).tick()
    for _ in range(2):
        run = pull.run()
        assert (run.status, run.code, run.deleted) == ("partial", "TD412", 0)
        assert place(database) == before
        vendor.tick()
    assert database.scalar("SELECT count(*) FROM tandem.pending_deletes", user="postgres") == 30
    number = database.scalar("SELECT tandem.approve_deletes('things', 30)")
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,))
    approved = pull.run_row(number)
    assert (approved.status, approved.deleted) == ("completed", 30)
    assert here(pull) == ids[30:]
    assert database.scalar("SELECT count(*) FROM tandem.pending_deletes", user="postgres") == 0
    assert place(database) != before


def test_a_row_that_may_not_go_is_counted_once(api, database):
    vendor, pull = fed(api, database)
    pull.run()
    database.sql("CREATE TABLE uses (id text REFERENCES things); INSERT INTO uses VALUES ('r001')")
    vendor.tick().delete("r001", "r002").tick()
    run = pull.run(full=True)
    assert (run.status, run.deleted, run.failed) == ("partial", 1, 1)
    assert pull.errors("origin_id, code") == [("r001", "TD414")]


def test_a_list_of_what_is_archived_now(api, database):
    vendor, pull = fed(api, database, deletions={"path": "/archive", "id": "ref"})
    archived = []
    api.route("/archive", lambda request: Answer({"items": [{"ref": id_} for id_ in archived]}))
    pull.run()
    del vendor.records["r001"]
    archived[:] = ["r001", "unknown"]
    vendor.tick()
    assert pull.run().deleted == 1
    archived.clear()
    vendor.put("r001").tick()
    assert pull.run().created == 1 and here(pull) == IDS


def test_a_feed_by_delta_token(api, database):
    gone = []

    def serve(request):
        if request.query.keys() not in ({"start"}, {"token"}):
            return Answer({"error": "either start or token"}, 400)
        place = int(request.query.get("token", str(len(gone))))
        return Answer({"items": [{"id": id_} for id_ in gone[place:]], "next": str(len(gone))})

    cursor = {"kind": "token", "param": "token", "next": "next", "initial": {"start": "now"}}
    vendor, pull = fed(api, database, deletions={"path": "/tokens", "cursor": cursor})
    api.route("/tokens", serve)
    pull.run()
    for id_ in ("r001", "r002"):
        del vendor.records[id_]
        gone.append(id_)
        vendor.tick()
        assert pull.run().deleted == 1
    assert [r.query for r in api.requests("/tokens")] == [{"start": "now"}, {"token": "0"}, {"token": "1"}]


def test_who_ignores_deletes_does_not_ask(api, database):
    vendor, pull = fed(api, database, delete_mode="ignore")
    pull.run()
    vendor.tick().delete("r001").tick()
    assert (pull.run().deleted, api.requests(FEED)) == (0, [])
    assert any("delete_mode ignore" in line for (line,) in database.sql("SELECT tandem.explain_mapping('things')"))


def test_who_only_looks_is_told_of_the_feed(api, database):
    vendor, pull = fed(api, database)
    assert any("not asked by this run" in line for (line,) in database.sql("SELECT tandem.explain_mapping('things')"))
    pull.run()
    vendor.tick().delete("r001").tick()
    with database.connect() as connection:
        notices = []
        connection.add_notice_handler(lambda d: notices.append(d.message_primary))
        shown = connection.execute("SELECT action FROM tandem.preview_mapping('things', 100)").fetchall()
    assert shown == [("unchanged",)] * 9 and any("feed of deletions" in text for text in notices)
    lines = [line for (line,) in database.sql("SELECT tandem.explain_mapping('things', \"execute\" => true)")]
    assert any(FEED in line and "start=2026-01-01T12" in line for line in lines), lines
    assert api.requests(FEED) == []
    assert pull.run().deleted == 1


def test_mistakes_are_answered_with_their_path(api, database):
    config = {"base_url": api.url, "objects": {"things": {"path": "/things", "id": ["a", "b"], "deletions": {
        "id": "x", "equals": 1, "cursor": {"field": "at", "param": "start", "format": "integer", "covered": "to"}}}}}
    found = database.sql("SELECT path FROM tandem.validate_connector(%s::jsonb) ORDER BY path", (json.dumps(config),))
    assert [row[0] for row in found] == [f"objects.things.deletions.{key}" for key in ("cursor.covered", "equals", "id", "path")]
    vendor, pull = fed(api, database)
    found = database.sql("SELECT code, field FROM tandem.check_mapping(%s::jsonb) WHERE message LIKE '%%feed of deletions%%'", (json.dumps(
        {"name": "other", "connection": "things_api", "object": "things", "target": "things", "key": ["name"], "match_on": ["name"],
         "delete_mode": "hard", "columns": {"id": "id", "name": "name"}}),))
    assert [row[0] for row in found] == ["TD532"]
