"""Rows whose record is gone: when they go, and above all when they do not."""

import pytest

from pull import PAGING, Pull, records, things
from servers import Answer


def mirror(api, database, source, style="page", listing=None, **arguments):
    """A full listing whose rows are deleted with their records; a brake that 1,000 rows do not trip."""
    options = {"delete_brake": {"rows": 1000}, **arguments.pop("options", {})}
    return things(api, database, source, style=style, listing=listing, delete_mode=arguments.pop("delete_mode", "hard"),
                  options=options, **arguments)


def contracts(database, columns="origin_id, last_action"):
    return database.sql(f"SELECT {columns} FROM tandem._contract ORDER BY origin_id", user="postgres")


def test_what_a_complete_listing_does_not_show_is_deleted(api, database):
    source = records(250)
    pull = mirror(api, database, source)
    first = pull.run()
    assert (first.status, first.created, first.deleted) == ("completed", 250, 0)
    api.listing("/things", source[:100] + source[120:], style="page")
    second = pull.run()
    assert (second.status, second.deleted, second.skipped, second.updated) == ("completed", 20, 230, 0)
    assert len(pull.rows()) == 230
    assert second.timing["deletes_ms"] >= 0
    assert database.scalar("SELECT count(*) FROM tandem._contract WHERE last_action = 'd' AND deleted_at IS NOT NULL", user="postgres") == 20
    assert database.scalar("SELECT count(*) FROM tandem._seen", user="postgres") == 0
    third = pull.run()
    assert (third.status, third.deleted, third.skipped) == ("completed", 0, 230)


def test_a_record_that_a_first_load_shows_twice_has_one_contract(api, database):
    source = records(150)
    pull = mirror(api, database, [*source, source[5], {**source[3], "name": "later"}])
    first = pull.run()
    assert (first.status, first.created, first.updated, first.skipped) == ("completed", 150, 1, 1)
    assert len(contracts(database)) == 150 and contracts(database)[3] == ("r00003", "u")
    api.listing("/things", [*source[:3], {**source[3], "name": "later"}, *source[4:]], style="page")
    assert pull.run().skipped == 150


def test_a_record_that_comes_back_is_a_row_again(api, database):
    source = records(30)
    pull = mirror(api, database, source)
    pull.run()
    api.listing("/things", source[5:], style="page")
    assert pull.run().deleted == 5
    api.listing("/things", source, style="page")
    again = pull.run()
    assert (again.created, again.deleted) == (5, 0)
    assert [r[0] for r in pull.rows("id")] == [r["id"] for r in source]
    assert contracts(database, "last_action")[:6] == [("c",)] * 6
    assert pull.run().skipped == 30


def test_rows_that_are_not_from_the_source_are_left_alone(api, database):
    pull = mirror(api, database, records(10))
    database.sql("INSERT INTO things VALUES ('mine', 'by hand', 1)")
    pull.run()
    api.listing("/things", records(5), style="page")
    assert pull.run().deleted == 5
    assert ("mine",) in pull.rows("id")


# What the tool that this is modelled on got wrong: each of these deleted everything there, or much of it.

@pytest.mark.parametrize("fault", ["500", "403", "429", "truncate", "reset", "close", "html", "garbage", "empty"])
def test_a_listing_that_breaks_on_its_last_page_deletes_nothing(api, database, fault):
    source = records(250)
    pull = mirror(api, database, source)
    pull.run()
    api.listing("/things", source[50:], style="page")
    api.fault("/things", fault, times=1000, when={"page": "2"})
    run = pull.run()
    assert (run.status, run.deleted) == ("failed", 0)
    assert len(pull.rows()) == 250


def test_the_run_that_ends_a_broken_listing_deletes_nothing_and_says_so(api, database):
    source = records(250)
    pull = mirror(api, database, source)
    pull.run()
    api.listing("/things", source[50:], style="page")
    api.fault("/things", "500", when={"page": "2"})
    assert pull.run().status == "failed"
    rest = pull.run()
    assert (rest.status, rest.deleted, rest.code) == ("completed", 0, "TD413")
    assert "where an earlier run had stopped" in rest.message
    assert pull.run().deleted == 50


def test_an_empty_listing_deletes_nothing_and_raises_the_brake(api, database):
    pull = mirror(api, database, records(3))
    pull.run()
    api.listing("/things", [], style="page")
    run = pull.run()
    assert (run.status, run.deleted, run.code) == ("partial", 0, "TD412")
    assert len(pull.rows()) == 3


@pytest.mark.parametrize("answer", [Answer({"error": "sorry"}), Answer({"data": []}), Answer("[]"), Answer({"items": None})])
def test_an_answer_without_the_records_is_no_empty_listing(api, database, answer):
    pull = mirror(api, database, records(3))
    pull.run()
    api.route("/things", answer)
    run = pull.run()
    assert run.deleted == 0 and run.status in ("failed", "partial")
    assert len(pull.rows()) == 3


def test_fewer_records_than_the_source_says_there_are_prove_nothing(api, database):
    source = records(250)
    paging = {**PAGING["page"], "total": "total"}
    api.listing("/things", source, style="page")
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "paging": paging}})
    pull.table("id text PRIMARY KEY, name text, qty integer")
    pull.map({"id": "id", "name": "name", "qty": "qty"}, delete_mode="hard", options={"delete_brake": {"rows": 1000}})
    pull.run()
    listing = api.listing("/things", source[5:], style="page")

    def served(request):
        answer = listing.answer(request, api.url)
        return Answer(answer.body.replace('"total": 245', '"total": 250'))

    api.route("/things", served)
    run = pull.run()
    assert (run.status, run.deleted, run.code) == ("completed", 0, "TD413")
    assert "250 records, and 245 came" in run.message


def test_a_record_without_an_id_leaves_nothing_proven(api, database):
    source = records(30)
    pull = mirror(api, database, source)
    pull.run()
    api.listing("/things", source[5:] + [{"name": "who am I"}], style="page")
    run = pull.run()
    assert (run.status, run.deleted, run.failed, run.code) == ("partial", 0, 1, "TD413")
    assert len(pull.rows()) == 30


def test_a_record_that_does_not_fit_is_still_there(api, database):
    source = records(30)
    pull = mirror(api, database, source)
    pull.run()
    source[3]["qty"] = "many"
    api.listing("/things", source, style="page")
    run = pull.run()
    assert (run.status, run.failed, run.deleted) == ("partial", 1, 0)
    assert len(pull.rows()) == 30


def test_the_error_of_a_record_that_is_gone_is_resolved(api, database):
    bad = [{"id": name, "name": "bad", "qty": "much"} for name in ("x", "y")]
    pull = mirror(api, database, [*records(5), *bad])
    assert pull.run().failed == 2
    open_errors = "SELECT origin_id FROM tandem.sync_errors WHERE resolved_at IS NULL"
    api.listing("/things", [], style="page")
    assert pull.run().code == "TD412"
    assert len(database.sql(open_errors)) == 2  # an empty listing is not believed
    api.listing("/things", [*records(5), bad[0]], style="page")
    assert pull.run().failed == 1
    assert database.sql(open_errors) == [("x",)]
    note = "SELECT resolution_notes FROM tandem.sync_errors WHERE origin_id = 'y'"
    assert database.scalar(note).startswith("the record is gone at the source")


def test_a_cancelled_run_deletes_nothing(api, database):
    source = records(250)
    pull = mirror(api, database, source)
    pull.run()
    api.listing("/things", source[50:], style="page")
    api.delay = 0.3
    run = pull.start()
    database.wait_for("SELECT count(*) = 1 FROM tandem._run WHERE status = 'running'")
    database.sql("SELECT tandem.cancel_run(%s)", (run,))
    assert database.scalar("SELECT tandem.wait_for_run(%s, '30 s')", (run,)) == "cancelled"
    assert len(pull.rows()) == 250


def test_a_run_with_parameters_of_its_own_deletes_nothing(api, database):
    source = records(30)
    pull = mirror(api, database, source)
    pull.run()
    api.listing("/things", source[:2], style="page")
    run = database.scalar("SELECT tandem.sync_now('things', params => '{\"region\": \"EU\"}')")
    database.scalar("SELECT tandem.wait_for_run(%s)", (run,))
    row = pull.run_row(run)
    assert (row.status, row.deleted, row.code) == ("completed", 0, "TD413")
    assert len(pull.rows()) == 30


def test_a_worker_that_is_lost_in_the_listing_or_the_sweep_loses_no_proof(api, database):
    source = records(2500)
    pull = mirror(api, database, source, options={"delete_brake": {"percent": 90}})
    pull.run()
    kept = source[2000:]
    api.listing("/things", kept, style="page")
    api.delay = 0.1
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'tandem worker' AND datname = current_database()"
    run = pull.start()
    database.wait_for("SELECT pages >= 2 FROM tandem._run ORDER BY run DESC LIMIT 1")
    database.sql(kill, user="postgres")
    api.delay = 0
    database.psql("""
        CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$;
        CREATE TRIGGER slowly AFTER DELETE ON things FOR EACH STATEMENT EXECUTE FUNCTION slowly();""")
    database.wait_for("SELECT deleted > 0 FROM tandem._run ORDER BY run DESC LIMIT 1")
    database.sql(kill, user="postgres")
    assert database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,)) == "completed"
    assert [r[0] for r in pull.rows("id")] == [r["id"] for r in kept]
    row = pull.run_row(run)
    assert row.deleted == 2000 and row.attempt >= 3


def test_rows_that_others_point_at_stay_and_are_told(api, database):
    source = records(30)
    pull = mirror(api, database, source)
    database.sql("CREATE TABLE orders (thing text REFERENCES things DEFERRABLE INITIALLY DEFERRED)")
    pull.run()
    database.sql("INSERT INTO orders VALUES ('r00001'), ('r00003')")
    api.listing("/things", source[5:], style="page")
    run = pull.run()
    assert (run.status, run.deleted, run.failed) == ("partial", 3, 2)
    assert pull.errors() == [("r00001", "TD414", None), ("r00003", "TD414", None)]
    assert len(pull.rows()) == 27
    database.sql("DELETE FROM orders")
    assert pull.run().deleted == 2
    assert pull.errors() == []


def test_a_row_that_a_trigger_keeps_is_told_and_tried_again(api, database):
    source = records(5)
    pull = mirror(api, database, source)
    pull.run()
    database.psql("""
        CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER no BEFORE DELETE ON things FOR EACH ROW EXECUTE FUNCTION no();""")
    api.listing("/things", source[1:], style="page")
    run = pull.run()
    assert (run.status, run.deleted) == ("completed", 0) and "kept" in run.message
    database.sql("DROP TRIGGER no ON things")
    assert pull.run().deleted == 1


def test_a_row_that_is_gone_already_is_no_deletion(api, database):
    source = records(5)
    pull = mirror(api, database, source)
    pull.run()
    database.sql("DELETE FROM things WHERE id = 'r00000'")
    api.listing("/things", source[1:], style="page")
    assert pull.run().deleted == 0
    assert contracts(database)[0] == ("r00000", "d")


# One row, several ids

def test_a_record_made_anew_under_another_id_keeps_its_row(api, database):
    def people(*ids):
        return [{"id": i, "email": f"{'ann' if n == 0 else i}@example.com", "name": i} for n, i in enumerate(ids)]

    api.listing("/things", people("p1", "p2", "p3"))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}})
    pull.table("number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text UNIQUE, name text")
    pull.map({"email": "email", "name": "name"}, match_on=["email"], delete_mode="hard")
    pull.run()
    assert contracts(database, "local_key")[0] == ({"email": "ann@example.com"},)
    api.listing("/things", people("p9", "p2", "p3"))
    run = pull.run()
    assert (run.deleted, run.updated) == (0, 1)
    assert [r[0] for r in pull.rows("name", "1")] == ["p2", "p3", "p9"]
    api.listing("/things", people("p9", "p2"))
    assert pull.run().deleted == 1
    assert [r[0] for r in pull.rows("name", "1")] == ["p2", "p9"]


UUID = "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"


@pytest.mark.parametrize("type_, before, after, deleted", [
    ("bigint", "7", "7.0", 0), ("numeric", "7", "7.0", 0), ("uuid", f'"{UUID}"', f'"{UUID.lower()}"', 0), ("text", '"7"', '"8"', 1)])
def test_another_spelling_of_an_id_is_the_same_row(api, database, type_, before, after, deleted):
    def listed(record_id):
        api.listing("/things", [f'{{"id": {record_id}, "name": "x"}}', {"id": UUID.replace("A", "B") if type_ == "uuid" else 5, "name": "y"}])

    listed(before)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table(f"id {type_} PRIMARY KEY, name text")
    pull.map({"id": "id", "name": "name"}, delete_mode="hard")
    assert pull.run().created == 2, pull.errors("message")
    listed(after)
    run = pull.run()
    assert (run.deleted, run.failed) == (deleted, 0)
    assert len(pull.rows()) == 2
    assert pull.run().status == "completed" and len(pull.rows()) == 2


def test_another_key_does_not_delete_by_the_old_one(api, database):
    source = [{"id": str(i), "code": str(i + 1)} for i in range(5)]
    api.listing("/things", source)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table("id text UNIQUE, code text UNIQUE")
    pull.map({"id": "id", "code": "code"}, key=["id"], match_on=["id"], delete_mode="hard")
    pull.run()
    database.sql("""SELECT tandem.alter_mapping('things', '{"key": ["code"], "match_on": ["code"]}')""")
    run = pull.run()
    assert (run.status, run.deleted) == ("completed", 0)
    assert len(pull.rows()) == 5 and len(contracts(database)) == 5


# The brake

def braked(api, database, gone=15, **options):
    source = records(100)
    pull = things(api, database, source, style="page", delete_mode="hard", options=options)
    pull.run()
    api.listing("/things", source[gone:], style="page")
    return pull


def test_too_many_at_once_are_for_a_person_to_decide(api, database):
    pull = braked(api, database)
    run = pull.run()
    assert (run.status, run.deleted, run.code) == ("partial", 0, "TD412")
    assert "15 rows are gone at the source and were not deleted, 0 were" in run.message
    assert len(pull.rows()) == 100
    assert database.sql("SELECT mapping, origin_id, run FROM tandem.pending_deletes ORDER BY 2")[0] == ("things", "r00000", run.run)
    status, reason, step = database.sql("SELECT status, status_reason, next_step FROM tandem.mapping_status")[0]
    assert (status, reason) == ("partial", "15 rows not deleted, for the brake holds them back")
    assert step == "SELECT tandem.approve_deletes('things', 15);"
    number = database.scalar(step)
    database.scalar("SELECT tandem.wait_for_run(%s, '30 s')", (number,))
    approved = pull.run_row(number)
    assert (approved.status, approved.deleted, approved.full) == ("completed", 15, True)
    assert database.scalar("SELECT count(*) FROM tandem.pending_deletes") == 0
    assert database.scalar("SELECT status FROM tandem.mapping_status") == "ready"


def test_no_more_than_what_was_approved_goes(api, database):
    pull = braked(api, database, gone=40)
    assert pull.run().code == "TD412"
    number = database.scalar("SELECT tandem.approve_deletes('things', 12)")
    assert database.scalar("SELECT tandem.wait_for_run(%s, '30 s')", (number,)) == "partial"
    run = pull.run_row(number)
    assert (run.deleted, run.code) == (12, "TD412") and "28 rows" in run.message
    assert len(pull.rows()) == 88
    assert database.scalar("SELECT count(*) FROM tandem.pending_deletes") == 28


def test_few_rows_or_a_small_part_pass_the_brake(api, database):
    assert braked(api, database, gone=10).run().deleted == 10


def test_the_brake_can_be_set(api, database):
    assert braked(api, database, gone=40, delete_brake={"percent": 50}).run().deleted == 40


def test_what_comes_back_is_not_pending_any_more(api, database):
    pull = braked(api, database)
    pull.run()
    api.listing("/things", records(100), style="page")
    assert pull.run().status == "completed"
    assert database.scalar("SELECT count(*) FROM tandem.pending_deletes") == 0


def test_an_empty_listing_can_be_approved(api, database):
    pull = braked(api, database, gone=100)
    assert pull.run().code == "TD412"
    number = database.scalar("SELECT tandem.approve_deletes('things', 100)")
    assert database.scalar("SELECT tandem.wait_for_run(%s, '30 s')", (number,)) == "completed"
    assert pull.rows() == []


# Soft

def test_soft_marks_the_row_and_restores_it(api, database):
    source = records(5)
    pull = mirror(api, database, source, delete_mode="soft",
                  table="id text PRIMARY KEY, name text, qty integer, deleted_at timestamptz, gone boolean NOT NULL, status text",
                  options={"soft_delete_columns": {"deleted_at": "now", "gone": True,
                                                   "status": {"deleted": "gone", "restored": "active"}}})
    run = pull.run()
    assert (run.status, run.created) == ("completed", 5), pull.errors("message")
    assert set(pull.rows("deleted_at, gone, status")) == {(None, False, "active")}
    api.listing("/things", source[1:], style="page")
    run = pull.run()
    assert (run.deleted, run.updated) == (1, 0)
    at, gone, status = pull.rows("deleted_at, gone, status")[0]
    assert at is not None and gone and status == "gone"
    assert pull.run().deleted == 0
    assert pull.rows("deleted_at")[0] == (at,)
    api.listing("/things", source, style="page")
    run = pull.run()
    assert (run.created, run.updated, run.deleted) == (0, 1, 0)
    assert set(pull.rows("deleted_at, gone, status")) == {(None, False, "active")}
    assert pull.run().skipped == 5


def test_a_row_that_said_so_already_keeps_its_time(api, database):
    source = records(3)
    pull = mirror(api, database, source, delete_mode="soft", options={"soft_delete_columns": {"deleted_at": "now"}},
                  table="id text PRIMARY KEY, name text, qty integer, deleted_at date")
    pull.run()
    database.sql("UPDATE things SET deleted_at = '2020-01-01' WHERE id = 'r00000'")
    api.listing("/things", source[1:], style="page")
    assert pull.run().deleted == 0
    assert str(pull.rows("deleted_at")[0][0]) == "2020-01-01"


# Incremental

def test_every_so_many_incremental_runs_a_full_one_finds_what_is_gone(api, database):
    source = [{"id": f"r{i}", "name": "x", "updated": f"2024-01-01T00:00:{i:02}Z"} for i in range(20)]
    asked = []

    def serve(request):
        asked.append(request.query.get("since"))
        return Answer({"items": [r for r in source if r["updated"] >= request.query.get("since", "")]})

    api.route("/things", serve)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "cursor": {"field": "updated", "param": "since"}}})
    pull.table("id text PRIMARY KEY, name text, updated timestamptz")
    pull.map({"id": "id", "name": "name", "updated": "updated"}, delete_mode="hard", options={"full_every": 2})
    assert pull.run().created == 20
    del source[3]
    second = pull.run()
    assert (second.deleted, second.full) == (0, False)
    third = pull.run()
    assert (third.deleted, third.full, third.updated) == (1, True, 0)
    assert asked[0] is None and asked[1] is not None and asked[2] is None
    assert len(pull.rows()) == 19
    assert pull.run().full is False
