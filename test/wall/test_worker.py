"""Transactions, the known session and waiting, as a background worker has them."""


def test_transactions(wall):
    assert wall.worker("transactions") == [
        "committed", "error: 22012",
        "error without abort: failure: commit of a transaction in which an error was caught but not rolled back",
        "deferred: 23505", "nested: failure: a transaction is open already", "after savepoint", "savepoint: ok"]


def test_transactions_leave_no_memory(wall):
    assert wall.worker("memory") == ["grown by less than 64 kB: 1"]


def test_every_transaction_starts_from_a_known_session(wall):
    wall.cluster.psql("""
        CREATE ROLE wall_other; CREATE ROLE wall_owner LOGIN IN ROLE wall_other;
        GRANT ALL ON wall_log, wall_log_at_seq TO wall_owner, wall_other;
        ALTER ROLE wall_owner SET role = 'wall_other'; ALTER ROLE wall_owner SET work_mem = '7MB';
        ALTER ROLE wall_owner SET default_transaction_read_only = on; ALTER ROLE wall_owner SET row_security = off;
        ALTER ROLE wall_owner SET default_transaction_isolation = 'serializable';""")
    known = 't|read committed|off|on|200ms|"$user", public|7MB|tandem: wall'
    lines = wall.worker("session", "wall_owner")
    assert lines[:2] == [f"at first: {known}", f"after user code: {known}"]
    assert lines[2].startswith("another owner: failure: session runs as role ")


def test_discard(wall):
    assert wall.worker("discard") == ["left: 1|1|1|1", "discarded: 0|0|0|0"]


def test_timeouts(wall):
    with wall.cluster.connect(autocommit=False) as c:
        c.execute("LOCK TABLE wall_locked")
        assert wall.worker("timeouts") == [
            "statement timeout: 57014 cancel", "disarmed: ok", "lock timeout: 55P03 transient", "scope: 57014 cancel"]


def test_wait(wall):
    assert wall.worker("wait") == ["alarm in the past: 1", "cleared: 0", "latch: 1",
                                   "in a transaction: failure: wait with a transaction open"]


def test_a_waiting_worker_can_be_terminated_and_reads_its_configuration(wall):
    cluster = wall.cluster
    cluster.sql("TRUNCATE wall_log")
    pid = wall.start("stay")
    gone = f"SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {pid})"
    waiting = "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'wall worker' AND wait_event = 'Extension'"
    cluster.wait_for(waiting)
    cluster.sql("SELECT pg_terminate_backend(%s)", (pid,))
    cluster.wait_for(gone)
    pid = wall.start("stay")
    cluster.wait_for(waiting)
    cluster.reload({"wall.stop": "yes"})
    try:
        cluster.wait_for("SELECT EXISTS (SELECT FROM wall_log WHERE line = 'configuration reloaded')")
    finally:
        cluster.reload({"wall.stop": None})
