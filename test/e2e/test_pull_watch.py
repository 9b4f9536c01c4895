"""What a person sees of runs: progress, why one stands still, how long its stages took, its log; cancelling."""

import signal
import threading

import psycopg.rows

from cluster import kill, wait_until
from pull import Pull, records, things
from servers import ApiServer


def progress(database, mapping="things"):
    with database.connect(row_factory=psycopg.rows.dict_row) as session:
        return session.execute("SELECT * FROM tandem.run_progress WHERE mapping = %s", (mapping,)).fetchone()


def finish(database, run):
    assert database.scalar("SELECT tandem.wait_for_run(%s, '30 s')", (run,)) == "completed"


def test_percent_by_the_sources_total(database):
    with ApiServer(delay=0.2) as slow:
        pull = things(slow, database, records(1000), style="page")
        database.sql("""SELECT tandem.alter_connection('things_api',
                        '{"config": {"objects": {"things": {"paging": {"total": "total"}}}}}')""")
        run = pull.start()
        database.wait_for("SELECT count(*) = 1 FROM tandem.run_progress WHERE percent >= 20 AND percent < 100")
        seen = progress(database)
        assert seen["total_is_estimate"] is False
        assert seen["percent"] == seen["records"] * 100 / 1000 and seen["bar"].count("#") == int(seen["percent"]) // 5
        assert seen["rate"] > 0 and seen["eta"].total_seconds() > 0 and seen["phase"] == "fetching"
        finish(database, run)
        assert progress(database) is None


def test_percent_is_an_estimate_where_the_source_says_nothing(database):
    with ApiServer(delay=0.1) as slow:
        pull = things(slow, database, records(500), style="link")
        run = pull.start()
        database.wait_for("SELECT records > 0 FROM tandem.run_progress")
        first = progress(database)
        assert (first["percent"], first["bar"], first["eta"], first["total_is_estimate"]) == (None, None, None, None)
        finish(database, run)
        slow.listing("/things", records(800), style="link")
        run = pull.start()
        database.wait_for("SELECT records >= 200 FROM tandem.run_progress")
        seen = progress(database)
        assert seen["total_is_estimate"] and seen["percent"] == min(99, seen["records"] * 100 / 500)
        finish(database, run)


def test_percent_of_the_time_that_is_read_in_slices(database):
    with ApiServer(delay=0.2) as slow:
        slow.feed("/things", [], token="page_token", until="until", order=None)
        cursor = {"field": "updated_at", "param": "since", "until_param": "until", "from": "2024-01-01", "slice": "30 days"}
        pull = Pull(database).connect(slow.url, {"things": {"path": "/things", "paging": {"style": "token", "param": "page_token", "next": "next_token"}, "cursor": cursor}})
        pull.table("id text PRIMARY KEY, updated_at timestamptz").map({"id": "id", "updated_at": "updated_at"})
        run = pull.start()
        database.wait_for("""SELECT count(*) = 1 FROM tandem.run_progress
                              WHERE percent > 5 AND percent < 100 AND bar LIKE '#%.' AND eta > '0' AND NOT total_is_estimate""")
        finish(database, run)


def test_why_a_run_stands_still(api, database):
    pull = things(api, database, records(3))
    pull.run()
    with database.connect(autocommit=False) as session:
        pid = session.info.backend_pid
        session.execute("LOCK TABLE things IN SHARE MODE")
        run = pull.start()
        database.wait_for("SELECT waiting_on LIKE '%things%' FROM tandem.run_progress")
        seen = progress(database)
        assert seen["blocked_by"] == [pid] and seen["waiting_until"] is not None
        session.rollback()
    finish(database, run)
    api.listing("/things", [{**r, "name": "changed"} for r in records(3)])
    with database.connect(autocommit=False) as session:
        pid = session.info.backend_pid
        session.execute("SELECT 1 FROM things WHERE id = 'r00001' FOR UPDATE")
        run = pull.start()
        database.wait_for("SELECT waiting_on = 'a lock on a row of public.things' AND phase = 'applying' FROM tandem.run_progress")
        assert progress(database)["blocked_by"] == [pid]
        session.rollback()
    finish(database, run)
    assert pull.run_row(run).timing["wait_ms"] > 0


def test_why_a_run_does_not_begin(api, database):
    pull = things(api, database, records(3))
    database.cluster.reload({"tandem.enabled": "off"})
    try:
        wait_until(lambda: not database.processes("worker"), what="end of the workers")
        run = pull.start()
        assert progress(database)["waiting_on"] == "tandem.enabled is off"
        database.sql("SELECT tandem.pause_mapping('things')")
        assert progress(database)["waiting_on"] == "mapping things is paused"
        database.sql("SELECT tandem.resume_mapping('things')")
    finally:
        database.cluster.reload({"tandem.enabled": "on"})
    finish(database, run)


def test_stages_add_up_over_a_crash(database):
    with ApiServer(delay=0.1) as slow:
        pull = things(slow, database, records(1500), style="page")
        run = pull.start()
        database.wait_for(f"SELECT pages >= 4 FROM tandem._run WHERE run = {run}")
        kill(database.processes("worker")[0]["pid"], signal.SIGKILL)
        wait_until(lambda: "all server processes terminated; reinitializing" in database.cluster.log_text(), what="crash recovery")
        wait_until(lambda: _answers(database), 60, "end of the recovery")
        database.wait_for(f"SELECT status = 'completed' FROM tandem._run WHERE run = {run}", 60)
        done = pull.run_row(run)
        assert done.attempt == 2
        timing = done.timing
        assert set(timing) == {"plan_ms", "fetch_ms", "read_ms", "convert_ms", "write_ms", "contracts_ms", "deletes_ms", "wait_ms", "total_ms"}
        assert timing["fetch_ms"] >= 15 * 100, "the pages before the crash count, too"
        assert timing["total_ms"] <= done.duration.total_seconds() * 1000 + 100
        assert timing["total_ms"] >= 14 * 100


def _answers(database):
    try:
        return database.scalar("SELECT true")
    except psycopg.OperationalError:
        return False


def test_run_log_tells_the_steps(api, database):
    pull = things(api, database, records(250), style="page", options={"run_log": True})
    run = pull.run()
    log = database.sql("SELECT phase, level, message FROM tandem.run_log WHERE run = %s ORDER BY at", (run.run,))
    assert log[0] == ("begin", "info", "begins") and log[-1] == ("end", "info", "completed")
    assert sorted(m for p, _, m in log if p == "fetch") == [f"page {i}: status 200" for i in (1, 2, 3, 4)]
    applied = database.sql("SELECT detail FROM tandem.run_log WHERE run = %s AND phase = 'apply' ORDER BY at", (run.run,))
    assert [d["created"] for (d,) in applied] == [100, 100, 50, 0] and all(d["ms"] >= 0 for (d,) in applied)
    api.fault("/things", "500")
    failed = pull.run()
    log = database.sql("SELECT phase, level, message FROM tandem.run_log WHERE run = %s ORDER BY at", (failed.run,))
    assert ("fetch", "error", "page 1: status 500") in log and log[-1][:2] == ("end", "error") and "500" in log[-1][2]
    database.sql("""SELECT tandem.alter_mapping('things', '{"options": {"run_log": null, "keep_runs": 1}}')""")
    quiet = pull.run()
    assert database.sql("SELECT * FROM tandem.run_log") == [], "off, and the log of runs that are gone is gone"
    assert quiet.status == "completed"


def test_run_log_tells_of_waits(api, database):
    pull = things(api, database, records(3), options={"run_log": True})
    pull.run()
    api.listing("/things", [{**r, "name": "changed"} for r in records(3)])
    with database.connect(autocommit=False) as session:
        session.execute("SELECT 1 FROM things WHERE id = 'r00001' FOR UPDATE")
        run = pull.start()
        database.wait_for("SELECT waiting_on IS NOT NULL FROM tandem.run_progress")
        session.rollback()
    finish(database, run)
    waits = database.sql("SELECT level, message FROM tandem.run_log WHERE run = %s AND phase = 'wait'", (run,))
    assert set(waits) == {("warning", "waits for a lock on a row of public.things")}


def test_cancel_while_the_whole_table_is_locked(api, database):
    pull = things(api, database, records(3))
    with database.connect(autocommit=False) as session:
        session.execute("LOCK TABLE things IN ACCESS EXCLUSIVE MODE")
        run = pull.start()
        database.wait_for("SELECT waiting_on LIKE '%things%' FROM tandem.run_progress")
        assert database.scalar("SELECT tandem.cancel_run(%s)", (run,))
        assert database.scalar("SELECT tandem.wait_for_run(%s, '10 s')", (run,)) == "cancelled"
        session.rollback()
    assert pull.rows() == []


def test_cancel_stops_within_one_page(database):
    gate = threading.Event()
    with ApiServer() as api:
        pull = things(api, database, records(1000), style="page")
        listing = api._routes["/things"]

        def held(request):
            if int(request.query.get("page", 1)) >= 4:
                gate.wait(20)
            return listing(request)

        api.route("/things", held)
        run = pull.start()
        database.wait_for(f"SELECT pages = 3 FROM tandem._run WHERE run = {run}")
        assert database.scalar("SELECT tandem.cancel_run(%s)", (run,))
        assert database.scalar("SELECT tandem.wait_for_run(%s, '10 s')", (run,)) == "cancelled"
        gate.set()
        assert pull.run_row(run).pages == 3 and len(pull.rows()) == 300
        assert pull.run().created == 700


def test_a_run_in_progress_ends_with_the_old_definition(database):
    with ApiServer(delay=0.15) as slow:
        pull = things(slow, database, records(600), style="page", columns={"id": "id", "name": "name"})
        run = pull.start()
        database.wait_for(f"SELECT pages >= 2 FROM tandem._run WHERE run = {run}")
        database.sql("""SELECT tandem.alter_mapping('things', '{"columns": {"qty": "qty"}}')""")
        finish(database, run)
        assert pull.rows("count(*), count(qty)") == [(600, 0)]
        again = pull.run()
        assert (again.updated, again.skipped) == (600, 0)
        assert pull.rows("count(*), count(qty)") == [(600, 600)]
