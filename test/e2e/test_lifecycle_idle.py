"""Idle means: no query, no wake-up."""

import time
from pathlib import Path

from busy import serving
from cluster import wait_until
from pull import records, things

OBSERVED_SECONDS = 5


def switches(pid: int) -> int:
    """How often the process gave up the processor: it must have been woken for each."""
    status = Path(f"/proc/{pid}/status").read_text()
    return sum(int(line.split()[1]) for line in status.splitlines() if "ctxt_switches" in line)


def wait_for_rest(pids: list[int]) -> None:
    def settled() -> bool:
        before = [switches(pid) for pid in pids]
        time.sleep(0.3)
        return before == [switches(pid) for pid in pids]

    wait_until(settled, what="rest")


def test_idle_processes_do_not_wake(api, cluster, database):
    wait_until(lambda: serving(cluster, database.name))
    things(api, database, records(3), schedule="0 0 1 1 *").run()  # leaves an idle worker, and an alarm far away
    wait_until(lambda: len(cluster.processes()) >= 3, what="launcher, scheduler and worker")
    pids = [process["pid"] for process in cluster.processes()]
    wait_for_rest(pids)
    before = [switches(pid) for pid in pids]
    queries = cluster.sql("SELECT pid, query_start FROM pg_stat_activity WHERE pid = ANY(%s) ORDER BY pid", (pids,))
    time.sleep(OBSERVED_SECONDS)  # a bounded look at nothing happening
    assert [switches(pid) for pid in pids] == before
    assert cluster.sql("SELECT pid, query_start FROM pg_stat_activity WHERE pid = ANY(%s) ORDER BY pid", (pids,)) == queries


def test_a_minute_with_nothing_due(api, cluster, database):
    """Once the worker has left, launcher and scheduler sleep: not one query, not one wake-up in a minute."""
    cluster.reload({"tandem.worker_idle_timeout": "100ms"})
    wait_until(lambda: serving(cluster, database.name))
    things(api, database, records(3), schedule="0 0 1 1 *").run()
    wait_until(lambda: not cluster.processes("worker"), what="end of the worker")
    pids = [process["pid"] for process in cluster.processes()]
    assert len(pids) >= 2
    asked = "SELECT pid, query_start FROM pg_stat_activity WHERE pid = ANY(%s) ORDER BY pid"
    wait_for_rest(pids)
    before, queries = [switches(pid) for pid in pids], cluster.sql(asked, (pids,))
    time.sleep(60)  # the minute of the promise
    assert [switches(pid) for pid in pids] == before
    assert cluster.sql(asked, (pids,)) == queries
