"""verify_now: what it finds, what it leaves alone, that it goes on where it was."""

import signal

import psycopg
import pytest

from cluster import kill, wait_until
from pull import Pull, records, things
from servers import ApiServer


def verify(pull):
    run = pull.database.scalar("SELECT tandem.verify_now(%s)", (pull.name,))
    pull.database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,))
    return pull.run_row(run)


def differences(database, run, columns="kind, origin_id, local_key ->> 'id', column_name, local_value, remote_value"):
    return database.sql(f"SELECT {columns} FROM tandem.run_differences(%s) AS d ORDER BY kind, origin_id, local_key::text, column_name",
                        (run.run,))


def untouched(database):
    """Everything that a verification must leave as it is."""
    with database.connect(user="postgres") as session:
        return session.execute("""SELECT (SELECT json_agg(t ORDER BY t.id) FROM (SELECT xmin, * FROM things) t)::text,
            (SELECT json_agg(c ORDER BY c.origin_id) FROM tandem._contract c)::text, (SELECT json_agg(e ORDER BY e.error) FROM tandem._sync_error e)::text,
            (SELECT json_agg(m) FROM (SELECT cursor_value, resume, resume_version, rows_synced, incremental_runs, definition_version FROM tandem._mapping) m)::text
            """).fetchone()


def test_equal_tables_have_no_differences(api, database):
    pull = things(api, database, records(250), style="page")
    pulled = pull.run()
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="compared nothing"):
        differences(database, pulled)
    before = untouched(database)
    run = verify(pull)
    assert (run.status, run.kind, run.differences, run.message, run.code) == ("completed", "verify", 0, None, None)
    assert (run.records_read, run.skipped, run.created, run.updated, run.failed) == (250, 250, 0, 0, 0)
    assert differences(database, run) == [] and untouched(database) == before


def test_every_kind_of_difference_is_found_and_nothing_is_touched(api, database):
    source = records(300)
    pull = things(api, database, source, style="page", table="id text PRIMARY KEY, name text, qty integer, note text")
    pull.run()
    database.sql("""UPDATE things SET name = 'mine', note = 'mine', qty = NULL WHERE id = 'r00007';
                    DELETE FROM things WHERE id = 'r00120'; INSERT INTO things VALUES ('extra', 'x', 1)""")
    source[299]["qty"] = "many"
    del source[250]
    source[3]["name"] = None
    api.listing("/things", source, style="page")
    before = untouched(database)
    run = verify(pull)
    assert differences(database, run) == [
        ("differs", "r00003", "r00003", "name", "thing 3", None),
        ("differs", "r00007", "r00007", "name", "mine", "thing 7"),
        ("differs", "r00007", "r00007", "qty", None, "7"),
        ("missing_here", "r00120", "r00120", None, None, None),
        ("missing_there", None, "extra", None, None, None),
        ("missing_there", None, "r00250", None, None, None),
        ("unusable", "r00299", None, "qty", None, None)]
    assert untouched(database) == before
    assert (run.status, run.differences, run.code) == ("partial", 7, "TD808") and run.message.startswith("7 differences between public.things")
    assert (run.records_read, run.failed, run.skipped) == (299, 1, 295)
    assert "many" in differences(database, run, "kind, origin_id, message, column_name")[-1][2]
    assert pull.errors() == []
    # what it found is what a full run would put right
    del source[-1]
    api.listing("/things", source, style="page")
    pull.run(full=True)
    assert [d[0] for d in differences(database, verify(pull))] == ["missing_there"] * 3


def test_values_equal_as_the_type_sees_them_are_no_difference(api, database):
    rows = [{"id": 1, "amount": "1.50", "at": "2026-01-01T10:00:00+02:00", "doc": {"b": 1, "a": [1.0]}, "big": 9007199254740993}]
    api.listing("/things", rows)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table(
        "id bigint PRIMARY KEY, amount numeric(10,2), at timestamptz, doc jsonb, big bigint")
    pull.map({"id": "id", "amount": "amount", "at": "at", "doc": "doc", "big": "big"}).run()
    assert verify(pull).status == "completed"
    api.listing("/things", [{**rows[0], "amount": 1.51, "at": "2026-01-01T08:00:00Z", "doc": {"a": [1.0], "b": 2}, "big": 9007199254740992}])
    found = differences(database, verify(pull), "column_name, local_value, remote_value, local_key")
    assert [f[:3] for f in found] == [("amount", "1.50", "1.51"), ("big", "9007199254740993", "9007199254740992"),
                                      ("doc", '{"a": [1.0], "b": 1}', '{"a": [1.0], "b": 2}')]
    assert found[0][3] == {"id": "1"}


def test_incremental_mappings_read_everything_and_keep_their_cursor(database, api):
    rows = [{**r, "updated_at": "2026-01-01T00:00:00Z"} for r in records(5)]
    api.listing("/things", rows)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "cursor": {"field": "updated_at", "param": "since"}}})
    pull.table("id text PRIMARY KEY, name text").map({"id": "id", "name": "name"})
    pull.run()
    database.sql("UPDATE things SET name = 'mine' WHERE id = 'r00001'; INSERT INTO things VALUES ('extra')")
    before = untouched(database)
    seen = len(api.requests())
    run = verify(pull)
    assert run.differences == 2 and untouched(database) == before
    assert "since" not in api.requests()[seen].query


def test_records_that_conditions_leave_out_are_not_compared(api, database):
    pull = things(api, database, records(10))
    pull.run()
    database.sql("""SELECT tandem.alter_mapping('things', '{"conditions": {"<": [{"var": "qty"}, 5]}}')""")
    database.sql("UPDATE things SET name = 'mine' WHERE qty IN (3, 7)")
    assert differences(database, verify(pull)) == [("differs", "r00003", "r00003", "name", "mine", "thing 3")]


def test_only_rows_of_the_mapping_are_looked_for(api, database):
    table = "source text, id text, name text, PRIMARY KEY (source, id)"
    api.listing("/things", records(3))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table(table)
    pull.map({"id": "id", "name": "name"}, options={"stamp": {"source": "mapping"}})
    pull.run()
    database.sql("INSERT INTO things VALUES ('somebody', 'r00001', 'x'), ('things', 'extra', 'x')")
    run = verify(pull)
    assert differences(database, run, "kind, local_key") == [("missing_there", {"source": "things", "id": "extra"})]
    # without a stamp nobody can tell whose rows they are
    other = Pull(database, "more").connect(api.url, {"more": {"path": "/things"}}).table(table)
    for name in ("more", "most"):
        other.name = name
        database.sql("""SELECT tandem.create_mapping(%s, 'more_api', 'more', 'more', '[{"field": "id", "column": "id"},
                        {"column": "source", "constant": "c"}]', match_on => '{source,id}')""", (name,))
    other.run()
    database.sql("INSERT INTO more VALUES ('somebody', 'x', 'x')")
    run = verify(other)
    assert (run.status, run.differences) == ("completed", 0) and "not looked for" in run.message


def test_modes_and_appending(api, database):
    pull = things(api, database, records(3), write_mode="update")
    database.sql("INSERT INTO things VALUES ('r00000', 'mine', 0)")
    assert differences(database, verify(pull), "kind, origin_id") == [("differs", "r00000")], "rows that update would not make"
    database.sql("""SELECT tandem.alter_mapping('things', '{"write_mode": "insert"}')""")
    assert differences(database, verify(pull), "kind, origin_id") == [("missing_here", "r00001"), ("missing_here", "r00002")]
    database.sql("""SELECT tandem.alter_mapping('things', '{"write_mode": "append"}')""")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="appends"):
        database.sql("SELECT tandem.verify_now('things')")


def test_so_many_are_kept_and_all_are_counted(api, database):
    pull = things(api, database, records(12_000))
    run = verify(pull)
    assert (run.differences, run.status) == (12_000, "partial")
    assert database.scalar("SELECT count(*) FROM tandem.run_differences(%s)", (run.run,)) == 10_000
    assert database.scalar("SELECT count(*) FROM tandem._verified", user="postgres") == 0


def test_two_verifications_are_one_and_a_pull_waits_for_it(database):
    with ApiServer(delay=0.1) as slow:
        pull = things(slow, database, records(600), style="page")
        pull.run()
        first = database.scalar("SELECT tandem.verify_now('things')")
        assert database.scalar("SELECT tandem.verify_now('things')") == first
        again = pull.start()
        assert again != first
        for run in (first, again):
            assert database.scalar("SELECT tandem.wait_for_run(%s, '30 s')", (run,)) == "completed"
        assert pull.run_row(again).started_at >= pull.run_row(first).completed_at


def test_interrupted_it_goes_on_and_says_everything_once(database):
    with ApiServer(delay=0.05) as slow:
        source = records(2000)
        pull = things(slow, database, source, style="page")
        pull.run()
        database.sql("UPDATE things SET name = 'mine' WHERE qty % 100 = 7; DELETE FROM things WHERE qty % 500 = 3;"
                     "INSERT INTO things SELECT 'x' || i, 'x', 0 FROM generate_series(1, 30000) i")
        run = database.scalar("SELECT tandem.verify_now('things')")
        for pages in (5, 12):
            database.wait_for(f"SELECT pages >= {pages} FROM tandem._run WHERE run = {run}")
            kill(database.processes("worker")[0]["pid"], signal.SIGTERM)
            database.wait_for(f"SELECT attempt > {1 if pages == 5 else 2} FROM tandem._run WHERE run = {run}", 30)
        assert database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,)) == "partial"
        assert pull.run_row(run).differences == 20 + 4 + 30_000
        assert database.sql("SELECT kind, count(*) FROM tandem.run_differences(%s) GROUP BY 1 ORDER BY 1", (run,))[:2] == [
            ("differs", 20), ("missing_here", 4)]


def test_cancelled_within_a_page(database):
    with ApiServer(delay=0.2) as slow:
        pull = things(slow, database, records(2000), style="page")
        run = database.scalar("SELECT tandem.verify_now('things')")
        database.wait_for(f"SELECT pages >= 2 FROM tandem._run WHERE run = {run}")
        assert database.scalar("SELECT tandem.cancel_run(%s)", (run,))
        assert database.scalar("SELECT tandem.wait_for_run(%s, '10 s')", (run,)) == "cancelled"
        assert pull.rows() == []


def test_a_failed_listing_proves_nothing_missing(api, database):
    pull = things(api, database, records(250), style="page")
    pull.run()
    api.fault("/things", "500", when={"page": "2"})
    run = verify(pull)
    assert (run.status, run.differences) == ("failed", 0)
    assert database.scalar("SELECT status FROM tandem.mapping_status") in ("ready", "error")


def test_its_table_may_be_partitioned(api, database):
    api.listing("/things", records(40))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table(
        "id text PRIMARY KEY, name text, qty integer) PARTITION BY HASH (id")
    database.sql("CREATE TABLE things_0 PARTITION OF things FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
                 "CREATE TABLE things_1 PARTITION OF things FOR VALUES WITH (MODULUS 2, REMAINDER 1)")
    pull.map({"id": "id", "name": "name", "qty": "qty"}).run()
    database.sql("INSERT INTO things SELECT 'x' || i FROM generate_series(1, 10) i; UPDATE things SET qty = -1 WHERE id = 'r00003'")
    run = verify(pull)
    assert run.differences == 11 and len(differences(database, run)) == 11


def test_rows_that_say_they_are_deleted_are_not_missing_there(api, database):
    pull = things(api, database, records(40), table="id text PRIMARY KEY, name text, qty integer, gone boolean DEFAULT false, at timestamptz",
                  delete_mode="soft", options={"soft_delete_columns": {"gone": True, "at": "now"}, "delete_brake": {"rows": 100}})
    pull.run()
    api.listing("/things", records(38))
    assert pull.run().deleted == 2
    run = verify(pull)
    assert (run.status, run.differences) == ("completed", 0)
    database.sql("UPDATE things SET gone = false, at = NULL WHERE id = 'r00039'")
    assert differences(database, verify(pull), "kind, local_key ->> 'id'") == [("missing_there", "r00039")]
    assert database.scalar("SELECT count(*) FROM tandem._contract WHERE deleted_at IS NOT NULL", user="postgres") == 2
