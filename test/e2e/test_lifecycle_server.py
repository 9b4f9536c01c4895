"""Starts and ends of the server and of single processes."""

import signal
import subprocess

import psycopg
import pytest

from busy import busy, pid_of, serving
from cluster import Cluster, alive, kill, server_identity, wait_until
from conftest import Database
from pull import records, things


def finished(database, timeout=60):
    return database.wait_for("SELECT bool_and(status = 'completed') FROM tandem.recent_runs", timeout)


@pytest.mark.parametrize("kind", ["launcher", "scheduler", "worker"])
def test_a_terminated_process_comes_back(cluster, kind):
    database = Database(cluster)
    with busy(database, delay=2) as pull:
        before = pid_of(cluster, kind, None if kind == "launcher" else database.name)
        assert cluster.scalar("SELECT pg_terminate_backend(%s, 5000)", (before,))
        wait_until(lambda: [p for p in cluster.processes(kind) if p["pid"] != before], what=f"a new {kind}")
        finished(database)
    assert len(pull.rows()) == 3
    database.drop()


def test_a_killed_worker_costs_a_restart_and_nothing_else(api):
    with Cluster() as cluster:
        database = Database(cluster)
        with busy(database, delay=2) as pull:
            kill(pid_of(cluster, "worker", database.name), signal.SIGKILL)
            cluster.wait_for_log("all server processes terminated; reinitializing")
            wait_until(lambda: _answers(cluster), what="the server")
            finished(database)
        assert len(pull.rows()) == 3


def _answers(cluster):
    try:
        return cluster.scalar("SELECT true")
    except psycopg.OperationalError:
        return False


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_work_goes_on_after_a_restart(mode):
    with Cluster() as cluster:
        database = Database(cluster)
        with busy(database, delay=2) as pull:
            pids = [process["pid"] for process in cluster.processes()]
            cluster.restart(mode)
            assert not [pid for pid in pids if alive(pid)]
            finished(database)
        assert len(pull.rows()) == 3


def test_switched_off_and_on_by_sighup(api, cluster, database):
    pull = things(api, database, records(3))
    pull.run()
    cluster.reload({"tandem.enabled": "off"})
    try:
        wait_until(lambda: not cluster.processes("worker"), what="end of the worker")
        number = pull.start()
        assert database.scalar("SELECT status FROM tandem.recent_runs WHERE run = %s", (number,)) == "pending"
    finally:
        cluster.reload({"tandem.enabled": "on"})
    finished(database)


def test_a_standby_does_nothing_and_takes_over_when_it_is_promoted(api):
    with Cluster() as primary:
        database = Database(primary)
        things(api, database, records(3), schedule="1 second")
        wait_until(lambda: serving(primary, database.name))
        with primary.standby() as standby:
            assert not standby.processes()
            primary.stop("immediate")
            runs = standby.scalar("SELECT max(run) FROM tandem.recent_runs", dbname=database.name)
            assert not standby.processes()
            standby.promote()
            standby.wait_for(f"SELECT max(run) > {runs or 0} AND bool_or(status = 'completed') FROM tandem.recent_runs", dbname=database.name)


def test_a_promoted_standby_waits_where_that_is_wanted(api):
    with Cluster() as primary:
        database = Database(primary)
        with primary.standby({"tandem.on_promotion": "pause"}) as standby:
            primary.stop("immediate")
            standby.promote()
            standby.wait_for_log("this standby was promoted")
            standby.psql("SELECT tandem.adopt()", database.name)
            assert standby.scalar("SELECT paused_reason IS NULL FROM tandem._instance", dbname=database.name)


def test_a_restored_base_backup_starts_paused_and_stays_so():
    with Cluster() as primary:
        database = Database(primary)
        copy = primary.standby()
        (copy.data / "standby.signal").unlink()
        with copy:
            copy.wait_for_log("this cluster was restored from a backup")
            mark = copy.log_mark()
            copy.restart("immediate")  # backup_label is gone now
            copy.wait_for_log("this cluster was restored from a backup", mark)
            copy.psql("SELECT tandem.adopt()", database.name)
            mark = copy.log_mark()
            copy.restart()
            wait_until(lambda: serving(copy, database.name))
            assert "restored from a backup" not in copy.log_text(mark)


def test_pg_upgrade_finds_a_quiet_server():
    cluster = Cluster()
    try:
        with cluster.log.open("ab") as log:
            server = subprocess.Popen([cluster.bindir / "postgres", "-b", "-D", cluster.data, "-p", str(cluster.port), "-k",
                                       cluster.directory, "-c", "shared_preload_libraries=pg_tandem"],
                                      stdout=log, stderr=log, cwd=cluster.directory, **server_identity())
        try:
            wait_until(lambda: _answers(cluster), what="the server")
            assert not cluster.processes()
            assert cluster.scalar("SHOW tandem.enabled") == "on"
        finally:
            server.terminate()
            server.wait(30)
    finally:
        cluster.close()


def test_without_preloading_it_says_which_line_to_add(api):
    with Cluster({"shared_preload_libraries": None}) as cluster:
        database = Database(cluster)
        pull = things(api, database, records(3))
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="pg_tandem is not preloaded") as refused:
            pull.start()
        assert "shared_preload_libraries = 'pg_tandem'" in refused.value.diag.message_hint
        assert database.sql("SELECT * FROM tandem.workers") == []
