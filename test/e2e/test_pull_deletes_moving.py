"""Listings that move while they are read: what a full run misses for it is not taken for gone."""

import json
import threading
from datetime import datetime, timedelta, timezone

import pytest

from pull import PAGING, Pull, records
from servers import Answer
from test_pull_cursors import TOKENS, changes, iso, pull_of
from test_pull_deletes import mirror


def hold_page(api, source):
    """The second page comes when the returned event is set, and then without half of what it had."""
    listing, proceed = api.listing("/things", source, style="page"), threading.Event()

    def served(request):
        if request.query.get("page") == "2":
            proceed.wait(60)
        if "kind" in request.query:
            listing.records = source[:100] + source[150:]
        return listing.answer(request, api.url)

    api.route("/things", served)
    return proceed


@pytest.mark.parametrize("slices", [{}, {"from": "2026-01-01", "slice": "30 days"}])
def test_a_record_that_changes_while_everything_is_read_is_not_gone(api, database, slices):
    source = changes(90, every=86_400)
    api.feed("/things", source, token="page_token", until="until", order=None)
    cursor = {"field": "updated_at", "param": "since", "until_param": "until", **slices}
    pull = pull_of(api, database, cursor, TOKENS, delete_mode="hard", options={"delete_brake": {"rows": 1000}})
    assert pull.run().created == 90
    source[3]["updated_at"] = iso(datetime.now(timezone.utc) + timedelta(seconds=30))  # when the run has begun
    del source[7]
    run = pull.run(full=True)
    assert (run.status, run.deleted) == ("completed", 1)
    assert len(pull.rows()) == 89


def test_an_expired_page_token_hides_nothing_from_a_full_run(api, database):
    source = changes(25) + [{"id": "z1", "updated_at": None, "n": 1}, {"id": "z2", "updated_at": None, "n": 2}]
    lost = []

    def serve(request):
        since, at = request.query.get("since", ""), int(request.query.get("page_token", "0"))
        rows = [r for r in source if not since or (r["updated_at"] and r["updated_at"] >= since)]
        if at in lost:
            lost.remove(at)
            return Answer({"error": "expired"}, 410)
        return Answer({"items": rows[at:at + 10], "next_token": str(at + 10) if at + 10 < len(rows) else None})

    api.route("/things", serve)
    cursor = {"field": "updated_at", "param": "since", "order": "ascending"}
    paging = {**TOKENS, "expired": {"status": [410]}}
    pull = pull_of(api, database, cursor, paging, delete_mode="hard", options={"delete_brake": {"rows": 1000}})
    assert pull.run().created == 27
    lost.append(20)
    run = pull.run(full=True)
    assert (run.status, run.deleted, len(pull.rows())) == ("completed", 0, 27), "a time is not what every record has"


def test_pages_that_move_up_prove_nothing(api, database):
    source = records(30)
    listing = api.listing("/things", source, style="offset", size=10)
    gone = []

    def served(request):
        answer = listing.answer(request, api.url)
        if gone:
            listing.records.remove(gone.pop())
        return answer

    api.route("/things", served)
    paging = {**PAGING["offset"], "size": 10, "total": "total"}
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "paging": paging}})
    pull.table("id text PRIMARY KEY, name text, qty integer").map({"id": "id", "name": "name", "qty": "qty"}, delete_mode="hard")
    assert pull.run().created == 30
    gone.append(source[0])
    run = pull.run()
    assert (run.status, run.deleted, run.code) == ("completed", 0, "TD413")
    assert "records went while it was being read" in run.message
    assert pull.run().deleted == 1 and len(pull.rows()) == 29


def test_what_is_altered_between_two_takers_of_a_run_leaves_nothing_proven(api, database):
    source = records(250)
    pull = mirror(api, database, source)
    pull.run()
    proceed = hold_page(api, source)
    run = pull.start()
    database.wait_for(f"SELECT records_read = 100 FROM tandem._run WHERE run = {run}")
    database.sql("SELECT tandem.alter_mapping('things', %s::jsonb)", ('{"options": {"params": {"kind": "a"}}}',))
    database.sql("SELECT pg_terminate_backend(pid) FROM tandem._run WHERE run = %s", (run,), user="postgres")
    proceed.set()
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,))
    ended = pull.run_row(run)
    assert (ended.attempt, ended.status, ended.deleted, ended.code) == (2, "completed", 0, "TD413")
    assert len(pull.rows()) == 250


def by_status(api, source):
    listing = api.listing("/things", source)

    def served(request):
        listing.records = [r for r in source if request.query.get("status", r["status"]) == r["status"]]
        return listing.answer(request, api.url)

    api.route("/things", served)


def test_what_is_not_asked_for_any_more_is_not_gone(api, database):
    source = [{**r, "status": "open" if r["qty"] >= 3 else "done"} for r in records(30)]
    by_status(api, source)
    pull = mirror_of(database, api.url)
    assert pull.run().created == 30
    database.sql("SELECT tandem.alter_mapping('things', %s::jsonb)", ('{"options": {"params": {"status": "open"}}}',))
    run = pull.run()
    assert (run.status, run.deleted, run.code) == ("completed", 0, "TD417")
    assert "3 rows have no record in it" in run.message
    assert database.sql("SELECT origin_id, reason FROM tandem.pending_deletes ORDER BY 1") == [(f"r0000{n}", "not asked for") for n in range(3)]
    del source[10]
    again = pull.run()
    assert (again.status, again.deleted, again.code, len(pull.rows())) == ("completed", 1, None, 29), "what is asked for is held against the source"
    database.sql("SELECT tandem.alter_mapping('things', %s::jsonb)", ('{"options": {"params": null}}',))
    assert pull.run().deleted == 0
    assert database.scalar("SELECT count(*) FROM tandem.pending_deletes") == 0, "they are shown again"
    del source[0]
    assert pull.run().deleted == 1


def mirror_of(database, url):
    pull = Pull(database).connect(url, {"things": {"path": "/things"}}).table("id text PRIMARY KEY, name text, qty integer")
    return pull.map({"id": "id", "name": "name", "qty": "qty"}, delete_mode="hard")


def test_what_is_not_asked_for_any_more_goes_when_somebody_says_so(api, database):
    source = [{**r, "status": "open" if r["qty"] >= 3 else "done"} for r in records(30)]
    by_status(api, source)
    pull = mirror_of(database, api.url)
    pull.run()
    database.sql("SELECT tandem.alter_connection('things_api', %s::jsonb)",
                 ('{"config": {"objects": {"things": {"params": {"status": "open"}}}}}',))
    approved = database.scalar("SELECT tandem.approve_deletes('things', 3)")
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (approved,))
    assert pull.run_row(approved).deleted == 0, "it was not these that somebody looked at"
    approved = database.scalar("SELECT tandem.approve_deletes('things', 3)")
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (approved,))
    assert (pull.run_row(approved).deleted, len(pull.rows())) == (3, 27)
    assert database.scalar("SELECT count(*) FROM tandem.pending_deletes") == 0


def test_a_later_beginning_leaves_older_rows_alone(api, database):
    source = changes(30, every=86_400)
    api.feed("/things", source, token="page_token", until="until", order=None)
    cursor = {"field": "updated_at", "param": "since", "from": "2020-01-01"}
    pull = pull_of(api, database, cursor, TOKENS, delete_mode="hard", options={"delete_brake": {"rows": 1000}})
    assert pull.run().created == 30
    database.sql("SELECT tandem.alter_connection('things_api', %s::jsonb)",
                 (json.dumps({"config": {"objects": {"things": {"cursor": {"from": source[12]["updated_at"]}}}}}),))
    run = pull.run(full=True)
    assert (run.status, run.deleted, run.code, len(pull.rows())) == ("completed", 0, "TD417", 30)
    del source[20]
    assert pull.run(full=True).deleted == 1
    assert len(pull.rows()) == 29


@pytest.mark.parametrize("type_, before, after", [("citext", "Éva", "éva"), ("text COLLATE ci", "Ann", "ann")])
def test_texts_that_the_database_takes_for_one(api, database, type_, before, after):
    database.sql("CREATE EXTENSION citext; CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                 user="postgres")
    api.listing("/things", [{"id": before, "name": "x"}, {"id": "bob", "name": "y"}])
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table(f"id {type_} PRIMARY KEY, name text")
    pull.map({"id": "id", "name": "name"}, delete_mode="hard")
    assert pull.run().created == 2
    api.listing("/things", [{"id": after, "name": "x"}, {"id": "bob", "name": "y"}])
    run = pull.run()
    assert (run.status, run.deleted, len(pull.rows())) == ("completed", 0, 2)
    warned = database.scalar("SELECT count(*) FROM tandem.validate_mapping('things') WHERE code = 'TD532' AND column_name = 'id'")
    assert warned == (0 if type_ == "citext" else 1)
