"""A database whose worker is busy: its run waits for an API that takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cluster import wait_until
from pull import Pull, records, things
from servers import ApiServer


@contextmanager
def busy(database: Any, delay: float = 20) -> Iterator[Pull]:
    with ApiServer(delay=delay) as slow:
        pull = things(slow, database, records(3))
        pull.start()
        wait_until(lambda: database.processes("worker"), what="a worker")
        wait_until(lambda: slow.requests(), what="its request")
        yield pull
        slow.delay = 0


def serving(cluster: Any, dbname: str) -> bool:
    return bool(cluster.processes("scheduler", dbname))


def pid_of(cluster: Any, kind: str, dbname: str | None = None) -> int:
    return wait_until(lambda: cluster.processes(kind, dbname), what=f"a {kind}")[0]["pid"]
