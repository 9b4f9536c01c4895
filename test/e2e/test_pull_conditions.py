"""Conditions and filters: records that a mapping is not about are skipped, and nothing else happens to them."""

import json

from pull import Pull, records, things

QTY = "id text PRIMARY KEY, name text, qty integer"


def conditions(rule):
    return json.dumps(rule)


def test_only_records_that_hold_are_written(api, database):
    pull = things(api, database, records(20), conditions=conditions({"<": [4, {"var": "qty"}, 8]}))
    run = pull.run()
    assert (run.status, run.records_read, run.created, run.skipped, run.failed) == ("completed", 20, 3, 17, 0)
    assert [row[2] for row in pull.rows()] == [5, 6, 7]
    assert pull.run().skipped == 20


def test_a_field_that_is_not_mapped_decides(api, database):
    source = [{**r, "account": {"plan": "pro" if r["qty"] % 2 else "free"}} for r in records(6)]
    pull = things(api, database, source, conditions=conditions({"==": [{"var": "account.plan"}, "pro"]}))
    assert pull.run().created == 3
    source[0]["account"]["plan"] = "pro"  # begins to hold, with the mapped values as they were
    api.listing("/things", source)
    assert pull.run().created == 1
    source[1]["account"]["plan"], source[1]["name"] = "free", "changed"  # ceases to hold: its row stays as it is
    api.listing("/things", source)
    run = pull.run()
    assert (run.created, run.updated, run.deleted, run.skipped) == (0, 0, 0, 6)
    assert pull.rows("name") == [("thing 0",), ("thing 1",), ("thing 3",), ("thing 5",)]


def test_falsy_is_not_only_false(api, database):
    source = [{"id": str(i), "name": "x", "ok": ok} for i, ok in enumerate([0, "", None, [], False, "0", [0], {}, -1])]
    pull = things(api, database, source, columns={"id": "id", "name": "name"}, conditions=conditions({"var": "ok"}))
    assert (pull.run().created, pull.rows("id")) == (4, [("5",), ("6",), ("7",), ("8",)])


def test_a_changed_condition_reads_everything_anew(api, database):
    pull = things(api, database, records(10), conditions=conditions({"<": [{"var": "qty"}, 3]}))
    pull.run()
    database.sql("""SELECT tandem.alter_mapping('things', '{"conditions": {"<": [{"var": "qty"}, 5]}}')""")
    assert pull.run().created == 2
    database.sql("""SELECT tandem.alter_mapping('things', '{"conditions": null}')""")
    assert pull.run().created == 5
    assert database.scalar("SELECT conditions FROM tandem.mappings") is None


def test_a_record_that_cannot_be_judged_is_an_error_of_its_own(api, database):
    source = [{**r, "need": ["name"]} for r in records(3)]
    del source[1]["need"]
    rule = conditions({"!": {"missing_some": [1, {"var": "need"}]}})
    pull = things(api, database, source, conditions=rule)
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 2, 1)
    assert pull.errors("origin_id, code, error_type") == [("r00001", "TD111", "TRANSFORM_ERROR")]
    source[1]["need"] = ["nothing"]  # now it is judged, and passed over: the error is settled
    api.listing("/things", source)
    assert (pull.run().status, pull.errors()) == ("completed", [])


def test_a_bad_record_that_is_passed_over_is_no_error_any_more(api, database):
    source = records(3)
    source[1]["qty"] = "many"
    pull = things(api, database, source)
    assert pull.run().failed == 1
    database.sql("""SELECT tandem.alter_mapping('things', '{"conditions": {"!=": [{"var": "qty"}, "many"]}}')""")
    assert (pull.run().status, pull.errors()) == ("completed", [])


def test_filters_travel_where_the_object_has_a_parameter(api, database):
    source = [{**r, "status": "active" if r["qty"] < 5 else "gone", "region": ["eu", "us", "asia"][r["qty"] % 3]} for r in records(9)]
    listing = api.listing("/things", source)
    api.route("/things", lambda request: type(listing)([r for r in source if r["status"] == request.query.get("state", r["status"])])
              .answer(request, api.url))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "filters": {"status": "state"}}}).table(QTY)
    pull.map({"id": "id", "name": "name", "qty": "qty"}, options={"filters": {"status": "active", "region": ["eu", "us"]}})
    run = pull.run()
    assert (run.records_read, run.created, run.skipped) == (5, 4, 1)
    assert [r.query for r in api.requests("/things")] == [{"state": "active"}]
    api.forget()
    database.sql("INSERT INTO things (id, name) VALUES ('r00006', 'of a record that does not match')")
    number = database.scalar("SELECT tandem.verify_now('things')")
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,))
    assert [r.query for r in api.requests("/things")] == [{"state": "active"}], "what the mapping is about is compared, and no more travels"
    assert database.sql("SELECT kind, local_key FROM tandem.run_differences(%s)", (number,)) == [("missing_there", {"id": "r00006"})]
    database.sql("DELETE FROM things WHERE id = 'r00006'")
    api.forget()
    database.sql("""SELECT tandem.alter_mapping('things', '{"options": {"filters": {"status": "gone", "region": null}}}')""")
    assert (pull.run().created, [r.query for r in api.requests("/things")]) == (4, [{"state": "gone"}])


def test_filters_hold_here_when_the_server_takes_no_notice(api, database):
    source = [{**r, "status": "active" if r["qty"] < 5 else "gone"} for r in records(9)]
    api.listing("/things", source)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "filters": {"status": "state"}}}).table(QTY)
    pull.map({"id": "id", "name": "name", "qty": "qty"}, options={"filters": {"status": "active"}})
    run = pull.run()
    assert (run.records_read, run.created, run.skipped) == (9, 5, 4)
