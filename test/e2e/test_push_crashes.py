"""Processes die between claim and settle: nothing is lost, nothing arrives twice where a remedy is declared, and what cannot be
known is said. Each test has a cluster of its own, for a killed worker takes the server through recovery."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from cluster import Cluster, wait_until
from conftest import Database
from push import pushed, same, writable
from test_push_replies import REMEDIES, insert

READY = "database system is ready to accept connections"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


def kill_worker(database: Database) -> None:
    """The server takes all others along, and comes back."""
    begun = database.cluster.log_text().count(READY)
    [worker] = database.processes("worker")
    os.kill(worker["pid"], signal.SIGKILL)
    wait_until(lambda: database.cluster.log_text().count(READY) > begun, what="the server to be back")


def crash_under_way(database: Any, crm: Any, push: Any, how: Any, rows: int = 12) -> None:
    """Dies while some requests have been done there, and their replies are on the way."""
    crm.fault("late", times=4, method="PUT" if push.upserts else "POST", seconds=3)
    insert(push, rows)
    wait_until(lambda: len(crm.accepted("things")) >= 4, what="requests that were done")
    how()


@pytest.mark.parametrize("remedy", REMEDIES)
def test_a_killed_worker(crm, database, remedy):
    spec, kind = REMEDIES[remedy]
    push, things = pushed(crm, database, spec=spec, kind=kind, config={"max_in_flight": 4})
    push.upserts = remedy == "upsert"
    crash_under_way(database, crm, push, lambda: kill_worker(database))
    push.quiet()
    assert same(push, things, "key", "name", "qty"), push.states()
    assert len(things.all()) == 12 and push.states() == []
    assert len([m for m in crm.accepted("things") if m.op == "create"]) == 12


def test_a_killed_worker_without_a_remedy(crm, database):
    push, things = pushed(crm, database, spec=writable(remedy="none"), config={"max_in_flight": 4})
    push.upserts = False
    crash_under_way(database, crm, push, lambda: kill_worker(database))
    push.quiet()
    wait_until(lambda: len(crm.accepted("things")) == 12 or len(crm.accepted("things")) + len(push.states()) >= 12,
               what="the others")
    names = [m.given["name"] for m in crm.accepted("things")]
    assert len(names) == len(set(names)), "one arrived twice"
    unknown = {key for key, state in push.states()}
    arrived = {name[1:] for name in names}
    assert {str(i) for i in range(1, 13)} == arrived | unknown
    assert all(state == "a" for _, state in push.states()) and len(push.states()) >= 4
    assert len(push.errors()) == len(push.states())


@pytest.mark.parametrize("mode", ["fast", "immediate", "crash"])
def test_a_server_that_stops_under_way(crm, database, mode):
    spec, kind = REMEDIES["idempotency_key"]
    push, things = pushed(crm, database, spec=spec, kind=kind, config={"max_in_flight": 4})
    push.upserts = False

    def stop() -> None:
        database.cluster.crash() if mode == "crash" else database.cluster.stop(mode)
        database.cluster.start()

    crash_under_way(database, crm, push, stop)
    push.quiet()
    assert same(push, things, "key", "name", "qty")
    assert len(crm.accepted("things")) == 12 and push.states() == []


def test_a_terminated_worker(crm, database):
    spec, kind = REMEDIES["idempotency_key"]
    push, things = pushed(crm, database, spec=spec, kind=kind)
    push.upserts = False
    for round_ in range(3):
        crm.fault("late", times=2, method="POST", seconds=1)
        push.do("INSERT INTO things (id, key, name) SELECT i, 'k' || i, 'n' || i FROM generate_series(%s::int, %s::int) i",
                (round_ * 10, round_ * 10 + 9))
        wait_until(lambda: database.processes("worker"), what="a worker")
        database.sql("SELECT pg_terminate_backend(pid) FROM tandem.workers WHERE pid IS NOT NULL", user="postgres")
    push.quiet()
    assert same(push, things, "key", "name") and len(crm.accepted("things")) == 30


def test_crashes_while_people_write(crm, database):
    """Someone edits all the time; the server is shut down immediately again and again."""
    spec, kind = REMEDIES["idempotency_key"]
    push, things = pushed(crm, database, spec=spec, kind=kind)
    push.do("INSERT INTO things (id, key, name, qty) SELECT i, 'k' || i, 'n' || i, 0 FROM generate_series(1, 30) i")
    done, counts = threading.Event(), [0]

    def write() -> None:
        while not done.is_set():
            try:
                with database.connect() as session:
                    while not done.is_set():
                        counts[0] += 1
                        session.execute("UPDATE things SET qty = %s WHERE id %% 5 = %s", (counts[0], counts[0] % 5))
            except Exception:  # noqa: BLE001  the server is away for a while
                done.wait(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            seen = len(crm.accepted("things"))
            wait_until(lambda: len(crm.accepted("things")) > seen + 30, what="changes that arrive")
            database.cluster.stop("immediate")
            database.cluster.start()
    finally:
        done.set()
        writer.join(60)
    push.quiet()
    assert same(push, things, "key", "name", "qty") and push.states() == []
    assert len(things.all()) == 30
    for id_ in things.all():
        sent = [m.given["qty"] for m in crm.accepted("things", id_) if "qty" in m.given]
        assert sent == sorted(sent), "an older state came behind a newer one"
