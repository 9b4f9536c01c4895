"""CREATE, DROP and copies of the extension: what starts, what leaves, what stays away."""

from busy import busy, serving
from cluster import SUPERUSER, wait_until
from conftest import Database
from pull import records, things


def test_create_extension_starts_a_scheduler(database):
    wait_until(lambda: serving(database.cluster, database.name))
    assert database.scalar("SELECT state FROM tandem.workers WHERE process = 'scheduler'") in ("idle", "running")


def test_rolled_back_create_extension_starts_nothing(cluster):
    database = Database(cluster, extension=False)
    wait_until(lambda: cluster.processes("launcher"))
    with database.connect(SUPERUSER, autocommit=False) as session:
        session.execute("CREATE EXTENSION pg_tandem")
        session.rollback()
        assert session.execute("SELECT count(*) FROM pg_extension WHERE extname = 'pg_tandem'").fetchone() == (0,)
    # Another one, committed, is served after it: whatever the first had started would be there by then.
    other = Database(cluster)
    wait_until(lambda: serving(cluster, other.name))
    assert not serving(cluster, database.name)
    other.drop()
    database.drop()


def test_dropped_extension_ends_scheduler_and_busy_worker(cluster):
    database = Database(cluster)
    with busy(database):
        database.psql("DROP EXTENSION pg_tandem CASCADE", SUPERUSER)
        wait_until(lambda: not database.processes(), what="end of all processes")
    database.create_extension()
    wait_until(lambda: serving(cluster, database.name))
    database.drop()


def test_rolled_back_drop_extension_changes_nothing(api, database):
    pull = things(api, database, records(3))
    with database.connect(SUPERUSER, autocommit=False) as session:
        session.execute("DROP EXTENSION pg_tandem CASCADE")
        session.rollback()
    assert pull.run().status == "completed"


def test_dropping_the_schema_with_cascade_drops_it_too(cluster):
    database = Database(cluster)
    wait_until(lambda: serving(cluster, database.name))
    database.psql("DROP OWNED BY tandem_owner CASCADE; DROP EXTENSION IF EXISTS pg_tandem CASCADE", SUPERUSER, check=False)
    database.psql("DROP EXTENSION IF EXISTS pg_tandem CASCADE", SUPERUSER)
    wait_until(lambda: not database.processes(), what="end of all processes")
    database.drop()


def test_two_databases_at_once(api, cluster):
    pair = [Database(cluster), Database(cluster)]
    pulls = [things(api, database, records(3)) for database in pair]
    runs = [pull.start() for pull in pulls]
    for database, run in zip(pair, runs):
        assert database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,)) is not None
        assert database.scalar("SELECT count(*) FROM things") == 3
    for database in pair:
        database.drop()


def test_another_version_is_left_alone(cluster):
    database = Database(cluster)
    wait_until(lambda: serving(cluster, database.name))
    mark = cluster.log_mark()
    database.psql("UPDATE pg_extension SET extversion = '0.0.1' WHERE extname = 'pg_tandem';"
                  "SELECT tandem._wake_launcher(); SELECT tandem._wake_launcher();", SUPERUSER)
    cluster.wait_for_log("its version 0.0.1 is not that of the library", mark)
    assert cluster.log_text(mark).count("is not that of the library") == 1
    database.drop()
