"""Fixtures of the end-to-end tests.

cluster   one running server for the whole file; a test that needs other settings or kills things makes its own Cluster
database  a fresh database with the extension, and a role that can log in, may use tandem, and owns schema public
api       a scripted API server        nginx   a real nginx that serves tmp_path
redmine   a real Redmine without issues     crm     a simulated vendor with a ledger of what was written
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cluster import SUPERUSER, Cluster  # noqa: E402
from servers import ApiServer, Crm, Nginx, Redmine  # noqa: E402

_numbers = itertools.count(1)

# What an administrator grants to a role that may use tandem (README; doc/roles.md has the narrower set).
GRANTS = """
GRANT USAGE ON SCHEMA tandem TO {role};
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA tandem TO {role};
GRANT SELECT ON ALL TABLES IN SCHEMA tandem TO {role};
REVOKE ALL ON tandem._credential, tandem._seen, tandem._field FROM {role};
"""


class Database:
    """A database of a cluster, seen as its ordinary role `owner` (user=SUPERUSER for the other view)."""

    def __init__(self, cluster: Cluster, extension: bool = True):
        self.cluster = cluster
        self.name = f"test_{next(_numbers)}"
        self.owner = f"{self.name}_owner"
        cluster.psql(f"CREATE DATABASE {self.name}; CREATE ROLE {self.owner} LOGIN;")
        cluster.psql(f"ALTER SCHEMA public OWNER TO {self.owner};", self.name)
        if extension:
            self.create_extension()

    def create_extension(self) -> None:
        self.cluster.psql("CREATE EXTENSION pg_tandem;", self.name)
        self.grant(self.owner)

    def grant(self, role: str) -> None:
        self.cluster.psql(GRANTS.format(role=role), self.name)

    def drop(self) -> None:
        if self.cluster.process is None:
            return
        self.cluster.psql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE);")
        self.cluster.psql(f"DROP ROLE IF EXISTS {self.owner};")

    def connect(self, user: str | None = None, **options: Any) -> Any:
        return self.cluster.connect(self.name, user or self.owner, **options)

    def sql(self, query: str, params: Any = None, user: str | None = None) -> list[tuple]:
        return self.cluster.sql(query, params, self.name, user or self.owner)

    def scalar(self, query: str, params: Any = None, user: str | None = None) -> Any:
        return self.cluster.scalar(query, params, self.name, user or self.owner)

    def psql(self, script: str, user: str | None = None, check: bool = True) -> str:
        return self.cluster.psql(script, self.name, user or self.owner, check)

    def wait_for(self, condition: Any, timeout: float = 30) -> Any:
        return self.cluster.wait_for(condition, timeout, self.name, SUPERUSER)

    def processes(self, kind: str | None = None) -> list[dict[str, Any]]:
        return self.cluster.processes(kind, self.name)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    made = Database(cluster)
    yield made
    made.drop()


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with ApiServer() as server:
        yield server


@pytest.fixture
def crm() -> Iterator[Crm]:
    with Crm() as server:
        yield server


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    with Nginx(tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def _redmine() -> Iterator[Redmine]:
    with Redmine() as server:
        yield server


@pytest.fixture
def redmine(_redmine: Redmine) -> Redmine:
    _redmine.delete_all()
    return _redmine


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """A failed test shows what the server logged."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, Cluster):
                report.sections.append((f"log of {name}", value.log_text()[-6000:]))
