"""What is kept of records and runs beside counters: record_log with its retention, latencies."""

import datetime

from pull import Pull, records, things


def log(database, run, columns="action, origin_id, local_key ->> 'id', record ->> 'name'"):
    return database.sql(f"SELECT {columns} FROM tandem.record_log WHERE run = %s ORDER BY entry", (run.run,))


def test_nothing_is_kept_unless_asked_for(api, database):
    things(api, database, records(5)).run()
    assert database.sql("SELECT * FROM tandem.record_log") == []


def test_changes_are_kept_with_the_record_as_it_came(api, database):
    source = records(4)
    pull = things(api, database, source, table="id text PRIMARY KEY, name text, qty integer CHECK (qty < 100)",
                  options={"record_log": "changes"})
    first = pull.run()
    assert sorted(log(database, first)) == [("created", r["id"], r["id"], r["name"]) for r in source]
    assert log(database, pull.run()) == [], "nothing has changed"
    source[1]["name"], source[2]["qty"], source[3]["qty"] = "changed", "many", 500
    api.listing("/things", source + [{"name": "nobody"}])
    second = pull.run()
    assert sorted(log(database, second, "action, coalesce(origin_id, '-'), local_key ->> 'id', record ->> 'name'"), key=str) == [
        ("failed", "-", None, "nobody"), ("failed", "r00002", None, "thing 2"), ("failed", "r00003", None, "thing 3"),
        ("updated", "r00001", "r00001", "changed")]
    assert set(log(database, second, "tenant, mapping")) == {("default", "things")}


def test_all_tells_of_those_that_were_left_alone(api, database):
    pull = things(api, database, records(3), options={"record_log": "all"})
    pull.run()
    database.sql("""SELECT tandem.alter_mapping('things', '{"conditions": {"<": [{"var": "qty"}, 2]}}')""")
    pull.run()
    run = pull.run()
    assert log(database, run, "action, origin_id") == [("skipped", f"r0000{i}") for i in range(3)]
    assert run.skipped == 3


def test_appended_rows_and_records_that_jsonb_cannot_hold(api, database):
    api.listing("/things", ['{"id": "a", "name": "x\\u0000y"}', '{"id": "b", "name": "fine"}'])
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table("id text, name text")
    pull.map({"id": "id"}, write_mode="append", options={"record_log": "all"})
    run = pull.run()
    assert log(database, run, "action, origin_id, record ->> 'name', record_text") == [
        ("created", None, None, '{"id": "a", "name": "x\\u0000y"}'), ("created", None, "fine", None)], "appended rows have no identity"


def test_rows_of_a_page_that_is_rolled_back_leave_no_trace(api, database):
    source = [*records(2), {"id": "bad", "name": "x", "qty": "many"}]
    pull = things(api, database, source, options={"record_log": "all", "on_error": "fail"})
    assert pull.run().status == "failed"
    assert database.sql("SELECT * FROM tandem.record_log") == []


def test_old_entries_go(api, database):
    pull = things(api, database, records(3), options={"record_log": {"level": "changes", "days": 7}})
    pull.run()
    database.sql("UPDATE tandem._record_log SET at = now() - interval '8 days' WHERE origin_id <> 'r00001'", user="postgres")
    pull.run()
    assert database.sql("SELECT origin_id FROM tandem.record_log") == [("r00001",)]
    database.sql("""SELECT tandem.alter_mapping('things', '{"options": {"record_log": {"days": 0}}}')""")
    database.sql("UPDATE tandem._record_log SET at = now() - interval '8 years'", user="postgres")
    pull.run()
    assert database.sql("SELECT origin_id FROM tandem.record_log") == [("r00001",)], "0 days: for ever"
    database.sql("SELECT tandem.drop_mapping('things')")
    assert database.scalar("SELECT count(*) FROM tandem._record_log", user="postgres") == 0


def test_runs_that_are_gone_leave_the_history(api, database):
    pull = things(api, database, records(3), options={"record_log": "changes", "keep_runs": 1})
    first = pull.run()
    pull.run()
    assert len(log(database, first)) == 3


def ago(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)).isoformat()


def test_latency_of_changes_and_not_of_a_first_reading(api, database):
    rows = [{"id": f"r{i}", "updated_at": ago(86_400 * 365)} for i in range(20)]
    api.listing("/things", rows)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "cursor": {
        "field": "updated_at", "param": "since", "lookback": "1 day"} }})
    pull.table("id text PRIMARY KEY, updated_at timestamptz").map({"id": "id", "updated_at": "updated_at"})
    pull.run()
    assert database.sql("SELECT latency_p50, latency_p95 FROM tandem.mapping_stats") == [(None, None)]
    rows[0]["updated_at"], rows[1]["updated_at"], rows[2]["updated_at"] = ago(60), ago(61), ago(6000)
    api.listing("/things", rows)
    assert pull.run().updated == 3
    [(p50, p95)] = database.sql("SELECT latency_p50, latency_p95 FROM tandem.mapping_stats")
    assert 50 < p50.total_seconds() < 75 and 5000 < p95.total_seconds() < 7200
    assert pull.run().updated == 0
    counted = database.scalar("SELECT sum(e.value::int) FROM tandem._run, jsonb_each_text(latency) e")
    assert counted == 3, "what the look-back brings again counts once"


def test_deleted_rows_have_their_entry(api, database):
    pull = things(api, database, records(40), delete_mode="hard", options={"record_log": "changes", "delete_brake": {"rows": 100}})
    pull.run()
    api.listing("/things", records(38))
    run = pull.run()
    assert run.deleted == 2
    assert sorted(log(database, run, "action, origin_id, record")) == [("deleted", "r00038", None), ("deleted", "r00039", None)]
