"""A run's life: schedules, cancelling, crashes, locks, many at once, what a person sees meanwhile."""

import signal
import threading
import time

import psycopg
import pytest

from cluster import kill, wait_until
from pull import Pull, records, things
from servers import Answer, ApiServer


def test_schedule_picks_a_change_up_by_itself(api, database):
    source = records(5)
    pull = things(api, database, source, schedule="1 second")
    database.wait_for("SELECT count(*) = 5 FROM things")
    source[2]["name"] = "changed"
    api.listing("/things", source)
    database.wait_for("SELECT name = 'changed' FROM things WHERE id = 'r00002'")
    assert database.scalar("SELECT bool_and(trigger = 'schedule') FROM tandem.recent_runs WHERE mapping = 'things'")
    assert pull.rows("sum(qty)") == [(10,)]


def test_an_owner_that_was_renamed_is_known_by_its_name(api, database):
    """After a restore the name is all that is left of a role."""
    pull = things(api, database, records(1))
    owner = database.scalar("SELECT owner FROM tandem.mappings")
    database.sql("UPDATE tandem._mapping SET owner_name = 'called_otherwise'", user="postgres")
    database.sql("UPDATE tandem._connection SET owner_name = 'called_otherwise'", user="postgres")
    pull.run()
    assert database.sql("SELECT m.owner, c.owner FROM tandem.mappings m, tandem.connections c") == [(owner, owner)]


def test_never_two_runs_of_one_mapping(database):
    with ApiServer(delay=1.2) as slow:
        things(slow, database, records(3), schedule="1 second")
        database.wait_for("SELECT count(*) >= 2 FROM tandem.recent_runs WHERE mapping = 'things' AND status = 'completed'")
        spans = database.sql("SELECT started_at, completed_at FROM tandem.recent_runs WHERE completed_at IS NOT NULL ORDER BY run")
        assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:]))


def test_missed_runs_are_run_once(api, database):
    things(api, database, records(3), schedule="1 second")
    database.wait_for("SELECT count(*) > 0 FROM things")
    database.cluster.reload({"tandem.enabled": "off"})
    try:
        wait_until(lambda: not database.processes("worker"), what="end of the workers")
        time.sleep(2.5)  # several due moments go by
    finally:
        database.cluster.reload({"tandem.enabled": "on"})
    before = database.scalar("SELECT max(run) FROM tandem.recent_runs")
    database.wait_for(f"SELECT max(run) > {before} FROM tandem.recent_runs")
    late = database.scalar(f"SELECT count(*) FROM tandem.recent_runs WHERE run > {before} AND started_at < now() - interval '900 ms'")
    assert late <= 1


def test_a_second_request_gives_the_run_that_waits(api, database):
    pull = things(api, database, records(3))
    with database.connect(autocommit=False) as session:
        first = session.execute("SELECT tandem.sync_now('things')").fetchone()
        assert session.execute("SELECT tandem.sync_now('things')").fetchone() == first
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="commits"):
            session.execute("SELECT tandem.wait_for_run(%s)", first)
    assert api.requests() == [] and pull.rows() == [], "rolled back: nothing happened"


def test_call_sync_commits_waits_and_raises_when_the_run_fails(api, database):
    pull = things(api, database, records(3))
    database.sql("CALL tandem.sync('things')")
    assert len(pull.rows()) == 3
    api.fault("/things", "500")
    with pytest.raises(psycopg.Error, match="500"):
        database.sql("CALL tandem.sync('things')")
    with database.connect(autocommit=False) as session:
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="transaction block"):
            session.execute("SELECT 1")
            session.execute("CALL tandem.sync('things')")


def test_sync_holds_no_snapshot_while_it_waits(database):
    with ApiServer(delay=3) as slow:
        things(slow, database, records(3))
        session = database.connect()
        pid = session.info.backend_pid
        waiting = threading.Thread(target=session.execute, args=("CALL tandem.sync('things')",))
        waiting.start()
        database.wait_for("SELECT count(*) = 1 FROM tandem._run WHERE status = 'running'")
        database.wait_for(f"SELECT backend_xmin IS NULL AND wait_event_type = 'Extension' FROM pg_stat_activity WHERE pid = {pid}")
        # A worker's own short transactions may be met; one that lasted as long as the wait would be met every time.
        database.wait_for("SELECT bool_and(backend_xmin IS NULL AND xact_start IS NULL) AND"
                          " (SELECT status = 'running' FROM tandem._run) FROM pg_stat_activity"
                          " WHERE backend_type = 'tandem worker'")
        waiting.join()
        session.close()


def test_detailed_logging_tells_what_runs_do(api, database):
    pull = things(api, database, records(250), style="page")
    mark = database.cluster.log_mark()
    pull.run()
    assert "tandem: run" not in database.cluster.log_text(mark)
    database.cluster.reload({"tandem.log_level": "detailed"})
    try:
        database.wait_for("SELECT current_setting('tandem.log_level') = 'detailed'")
        mark = database.cluster.log_mark()
        run = pull.run(full=True)
        log = database.cluster.log_text(mark)
        assert f"tandem: run {run.run} of things begins" in log and f"run {run.run} of things has page 3" in log
        assert f"run {run.run} of things completed" in log
    finally:
        database.cluster.reload({"tandem.log_level": "minimal"})


def test_cancel(database):
    with ApiServer(delay=0.2) as slow:
        pull = things(slow, database, records(5000), style="page")
        run = pull.start()
        database.wait_for(f"SELECT pages >= 2 FROM tandem._run WHERE run = {run}")
        assert database.scalar("SELECT tandem.cancel_run(%s)", (run,))
        assert database.scalar("SELECT tandem.wait_for_run(%s, '10 s')", (run,)) == "cancelled"
        done = pull.run_row(run)
        assert 2 <= done.pages < 40 and done.created == len(pull.rows())
        assert database.scalar("SELECT tandem.cancel_run(%s)", (run,)) is False


def test_cancel_while_the_answer_is_awaited(database):
    with ApiServer(delay=20) as slow:
        pull = things(slow, database, records(3))
        run = pull.start()
        wait_until(lambda: slow.requests("/things"), what="the request")
        began = time.monotonic()
        assert database.scalar("SELECT tandem.cancel_run(%s)", (run,))
        assert database.scalar("SELECT tandem.wait_for_run(%s, '10 s')", (run,)) == "cancelled"
        assert time.monotonic() - began < 10, "it did not wait for the answer"


def test_many_mappings_share_one_worker_and_wait_together(database):
    with ApiServer(delay=0.2) as slow:
        objects = {f"o{i}": {"path": f"/o{i}"} for i in range(100)}
        for i in range(100):
            slow.listing(f"/o{i}", records(10))
        Pull(database).connect(slow.url, objects, max_in_flight=100)
        for i in range(100):
            database.sql(f"CREATE TABLE o{i} (id text PRIMARY KEY, name text, qty integer)")
            database.sql(f"""SELECT tandem.create_mapping('o{i}', 'things_api', 'o{i}', 'o{i}', '{{"id": "id", "qty": "qty"}}')""")
        began = time.monotonic()
        database.sql("SELECT tandem.sync_now(mapping) FROM tandem.mapping_status")
        database.wait_for("SELECT count(*) = 100 FROM tandem.recent_runs WHERE status = 'completed'")
        assert time.monotonic() - began < 100 * 0.2, "one after the other would have taken 20 s"
        assert len({r.connection for r in slow.requests()}) <= 100
        assert database.scalar("SELECT count(DISTINCT requested_by) FROM tandem.recent_runs") == 1
        assert len(database.processes("worker")) == 1


def test_a_locked_table_delays_only_its_own_mapping(api, database):
    pull = things(api, database, records(3))
    other = Pull(database, "others")
    api.listing("/others", records(3))
    other.connect(api.url, {"others": {"path": "/others"}}).table("id text PRIMARY KEY, qty integer").map({"id": "id", "qty": "qty"})
    with database.connect(autocommit=False) as session:
        session.execute("LOCK TABLE things IN ACCESS EXCLUSIVE MODE")
        run = pull.start()
        assert other.run().created == 3
        database.wait_for(f"SELECT waiting_on LIKE '%%things%%' FROM tandem._run WHERE run = {run}")
        session.rollback()
    assert database.scalar("SELECT tandem.wait_for_run(%s, '30 s')", (run,)) == "completed"


def test_cancel_while_the_table_is_locked(api, database):
    pull = things(api, database, records(3))
    pull.run()
    api.listing("/things", [{**r, "name": "changed"} for r in records(3)])
    with database.connect(autocommit=False) as session:
        session.execute("SELECT 1 FROM things WHERE id = 'r00001' FOR UPDATE")
        run = pull.start()
        database.wait_for(f"SELECT waiting_on IS NOT NULL FROM tandem._run WHERE run = {run}")
        assert database.scalar("SELECT tandem.cancel_run(%s)", (run,))
        assert database.scalar("SELECT tandem.wait_for_run(%s, '10 s')", (run,)) == "cancelled"
        session.rollback()
    assert pull.run().updated == 3


def answers(database):
    try:
        return database.scalar("SELECT true")
    except psycopg.OperationalError:
        return False


@pytest.mark.parametrize("how", ["terminate", "kill", "immediate"])
def test_interrupted_anywhere_it_goes_on_by_itself(database, how):
    cluster = database.cluster
    with ApiServer(delay=0.05) as slow:
        pull = things(slow, database, records(3000), style="page")
        run = pull.start()
        database.wait_for(f"SELECT pages >= 5 FROM tandem._run WHERE run = {run}")
        worker = database.processes("worker")[0]["pid"]
        if how == "terminate":
            database.scalar(f"SELECT pg_terminate_backend({worker})", user="postgres")
        elif how == "kill":
            kill(worker, signal.SIGKILL)
            wait_until(lambda: "all server processes terminated; reinitializing" in cluster.log_text(), what="crash recovery")
        else:
            cluster.restart("immediate")
        wait_until(lambda: answers(database), 60, "end of the recovery")
        database.wait_for(f"SELECT status = 'completed' FROM tandem._run WHERE run = {run}", 60)
        done = pull.run_row(run)
        assert (done.created, done.updated) == (3000, 0), "each row was counted once"
        assert pull.rows("count(*), sum(qty)") == [(3000, sum(range(3000)))]


def test_a_run_is_seen_before_its_first_answer(api, database):
    pull = things(api, database, records(1))
    proceed = threading.Event()
    api.route("/things", lambda request: proceed.wait(60) and Answer({"items": []}))
    pull.start()
    database.wait_for("SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'tandem: things'")
    assert database.scalar("SELECT phase FROM tandem.run_progress") == "fetching"
    proceed.set()


def test_progress_is_seen_while_it_runs(database):
    with ApiServer(delay=0.1) as slow:
        pull = things(slow, database, records(2000), style="page",)
        run = pull.start()
        database.wait_for("SELECT pages > 2 AND records >= 200 AND pid IS NOT NULL FROM tandem.run_progress")
        assert database.scalar("SELECT status FROM tandem.mapping_status") == "running"
        assert database.scalar("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tandem: things'", user="postgres") == 1
        assert database.scalar("SELECT tandem.wait_for_run(%s)", (run,)) == "completed"
        assert database.scalar("SELECT status FROM tandem.mapping_status") == "ready"


def test_the_owners_rights_are_checked_at_each_run(api, database):
    pull = things(api, database, records(3))
    pull.run()
    database.sql(f"ALTER TABLE things OWNER TO postgres; REVOKE ALL ON things FROM {database.owner}", user="postgres")
    run = pull.run()
    assert run.status == "failed" and "things" in run.message
    database.sql(f"GRANT SELECT, INSERT, UPDATE ON things TO {database.owner}", user="postgres")
    assert pull.run().status == "completed"


def test_a_column_dropped_under_a_mapping_is_said(api, database):
    pull = things(api, database, records(3))
    pull.run()
    database.sql("ALTER TABLE things DROP COLUMN qty")
    run = pull.run()
    assert run.status == "failed" and "qty" in run.message


def test_an_altered_mapping_writes_every_record_once_more(api, database):
    pull = things(api, database, records(3), columns={"id": "id", "name": "name"})
    pull.run()
    database.sql("""SELECT tandem.alter_mapping('things', '{"columns": {"qty": "qty"}}')""")
    run = pull.run()
    assert (run.updated, run.skipped) == (3, 0)
    assert pull.rows("qty") == [(0,), (1,), (2,)]



def test_a_mapping_that_is_dropped_while_its_page_is_written_leaves_nothing(api, database):
    pull = things(api, database, records(5), delete_mode="hard")
    database.psql("""
        CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END $$;
        CREATE TRIGGER hold BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION hold();""")
    with database.connect(autocommit=False) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(7)")
        pull.start()
        database.wait_for("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
        database.sql("SELECT tandem.drop_mapping('things')")
        holder.rollback()
    other = pull.map({"id": "id"})  # its run comes behind that page
    assert other.run().created == 5
    assert database.sql("SELECT name FROM things GROUP BY 1") == [(None,)], "the page of the mapping that went was undone"
    left = "SELECT count(*) FROM tandem._contract WHERE mapping_id NOT IN (SELECT mapping_id FROM tandem._mapping)"
    assert database.scalar(left, user="postgres") == 0
