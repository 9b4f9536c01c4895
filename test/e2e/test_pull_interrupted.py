"""A pull interrupted at 200 random moments: afterwards the table equals the source, and each row was written once.

Every round changes all records at the source and starts a run; something goes wrong at a random moment of it; then the
runs end. A trigger keeps a book of what was written, in the same transaction, with a unique key: a record that was
written twice in one round would be an error. TANDEM_SEED repeats a sequence."""

import os
import random
import time

import psycopg
import pytest

from cluster import Cluster, wait_until
from conftest import Database
from pull import Pull
from servers import ApiServer

RECORDS, SIZE = 600, 20
BOOK = """
CREATE TABLE book (id text, version int, PRIMARY KEY (id, version));
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO book VALUES (NEW.id, NEW.version); RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE ON things FOR EACH ROW EXECUTE FUNCTION note();
"""


@pytest.fixture
def pull():
    with Cluster() as cluster, ApiServer() as api:
        database = Database(cluster)
        pull = Pull(database).table("id text PRIMARY KEY, version int")
        pull.connect(api.url, {"things": {"path": "/things", "paging": {"style": "token", "param": "cursor", "next": "next_cursor"}}})
        database.psql(BOOK)
        pull.map({"id": "id", "version": "version"})
        pull.api = api
        yield pull


def serve(pull: Pull, version: int) -> None:
    pull.api.listing("/things", [{"id": f"r{i}", "version": version} for i in range(RECORDS)], style="token", size=SIZE)


def asked(pull: Pull, query: str):
    """Of a server that may be starting again at the moment."""
    try:
        return pull.database.scalar(query)
    except psycopg.OperationalError:
        return None


def finish(pull: Pull) -> None:
    """Runs until one gets to its end: a cut connection fails a run, and the next goes on there."""
    def rest():
        status = asked(pull, "SELECT status FROM tandem.recent_runs LIMIT 1")
        if status == "failed":
            asked(pull, "SELECT tandem.sync_now('things')")
        return status if status in ("completed", "partial") else None
    assert wait_until(rest, 60, "end of the runs") == "completed"


def terminate(pull: Pull) -> bool:
    return asked(pull, "SELECT count(pg_terminate_backend(pid)) FROM tandem.workers WHERE process = 'worker'") == 1


def stop(pull: Pull) -> bool:
    pull.database.cluster.restart("immediate")
    return True


def cut(pull: Pull) -> bool:
    return pull.api.cut_connections() > 0


def test_at_200_random_moments(pull):
    seed = os.environ.get("TANDEM_SEED") or str(random.randrange(10**6))
    print("TANDEM_SEED =", seed)
    chance = random.Random(seed)
    serve(pull, 0)
    begin = time.monotonic()
    assert pull.run().status == "completed"
    length = time.monotonic() - begin
    met = 0
    for version in range(1, 201):
        serve(pull, version)
        before = asked(pull, "SELECT coalesce(sum(pages), 0) FROM tandem.recent_runs")
        pull.start()
        time.sleep(chance.random() * length)  # the moment is what is being tried, nothing is waited for
        how = chance.choices([terminate, cut, stop], [5, 4, 1])[0]
        how(pull)
        pages = asked(pull, "SELECT coalesce(sum(pages), 0) FROM tandem.recent_runs")
        met += pages is not None and 0 < pages - before < RECORDS // SIZE
        finish(pull)
        assert pull.database.sql("SELECT version, count(*) FROM things GROUP BY 1") == [(version, RECORDS)], (seed, version, how)
    assert pull.database.sql("SELECT min(n), max(n) FROM (SELECT count(*) AS n FROM book GROUP BY version) b") == [(RECORDS, RECORDS)]
    assert pull.errors() == []
    assert met > 30, "most came too early or too late to be of use"
