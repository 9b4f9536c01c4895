"""Places for processes: when there are too few, it is said once, everybody gets a turn, and nothing is lost."""

import pytest

from busy import busy, serving
from cluster import SUPERUSER, Cluster, wait_until
from conftest import Database
from pull import Pull, records
from servers import ApiServer


@pytest.fixture(scope="module")
def narrow():
    with Cluster({"tandem.max_workers": 1, "tandem.worker_slice": "1s"}) as cluster:
        yield cluster


def second_owner(database, api):
    """Another role with a mapping of its own in the same database."""
    role = f"{database.name}_second"
    database.psql(f"CREATE ROLE {role} LOGIN; GRANT ALL ON SCHEMA public TO {role};", SUPERUSER)
    database.grant(role)
    database.psql(f"GRANT {database.owner} TO {role}", SUPERUSER)
    as_second = _As(database, role)
    api.listing("/second", records(3))
    return Pull(as_second, "second").connect(api.url, {"second": {"path": "/second"}}).table(
        "id text PRIMARY KEY, name text, qty integer").map({"id": "id", "name": "name", "qty": "qty"})


class _As:
    """The same database as another role."""

    def __init__(self, database, role):
        self.database, self.role = database, role

    def __getattr__(self, name):
        return getattr(self.database, name)

    def sql(self, query, params=None):
        return self.database.sql(query, params, self.role)

    def scalar(self, query, params=None):
        return self.database.scalar(query, params, self.role)

    def connect(self, **options):
        return self.database.connect(self.role, **options)


def test_no_free_worker_is_logged_once_and_the_waiting_owner_gets_its_turn(narrow):
    database = Database(narrow)
    mark = narrow.log_mark()
    with ApiServer() as api, busy(database, delay=4):
        pull = second_owner(database, api)
        number = pull.start()
        narrow.wait_for_log("waits for a worker: tandem.max_workers workers are running", mark)
        database.wait_for(f"SELECT status = 'completed' FROM tandem._run WHERE run = {number}", timeout=60)
        database.wait_for("SELECT bool_and(status = 'completed') FROM tandem._run", timeout=60)
    assert narrow.log_text(mark).count("waits for a worker") <= 2  # one per change of state
    database.drop()


def test_databases_beyond_the_room_are_named_once_and_served_when_there_is_room():
    with Cluster({"max_worker_processes": 8}) as cluster:  # four processes: launcher, two schedulers, one worker
        databases = [Database(cluster) for _ in range(3)]
        wait_until(lambda: sum(serving(cluster, d.name) for d in databases) == 2)
        cluster.wait_for_log("has the extension, but there is no room to serve it")
        left_out = next(d for d in databases if not serving(cluster, d.name))
        served = next(d for d in databases if serving(cluster, d.name))
        assert cluster.log_text().count("there is no room to serve it") == 1
        cluster.psql(f"DROP DATABASE {served.name}")
        wait_until(lambda: serving(cluster, left_out.name))


def test_an_owner_that_cannot_log_in_is_told_the_line_to_paste(narrow):
    database = Database(narrow)
    with ApiServer() as api:
        pull = second_owner(database, api)
        # Asked for while it still could; at the time it would begin, it cannot any more.
        database.psql("SELECT tandem.pause_all()", SUPERUSER)
        pull.start()
        database.psql(f"ALTER ROLE {database.name}_second NOLOGIN; SELECT tandem.resume_all()", SUPERUSER)
        database.wait_for("SELECT status = 'failed' FROM tandem._run ORDER BY run DESC LIMIT 1")
        message = database.scalar("SELECT message FROM tandem._run ORDER BY run DESC LIMIT 1", user=SUPERUSER)
        assert f"ALTER ROLE {database.name}_second LOGIN;" in message
        database.psql(f"ALTER ROLE {database.name}_second LOGIN", SUPERUSER)
        assert pull.run().status == "completed"
    database.drop()
