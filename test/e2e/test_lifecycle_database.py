"""Commands that want a database to themselves, and databases that are copies."""

import copy
import json
import subprocess

import psycopg
import pytest

from busy import busy, serving
from cluster import SUPERUSER, wait_until
from conftest import Database
from pull import PAGING, Pull, records, things


@pytest.fixture
def made(cluster):
    """Databases of a test, dropped after it even when it failed: there is room for two at a time."""
    databases = []

    def make(extension=True):
        databases.append(Database(cluster, extension))
        return databases[-1]

    yield make
    cluster.psql("DROP DATABASE IF EXISTS copied WITH (FORCE); DROP DATABASE IF EXISTS restored WITH (FORCE)")
    for database in databases:
        database.drop()


@pytest.mark.parametrize("force", ["", " WITH (FORCE)"])
def test_drop_database_while_busy(cluster, made, force):
    database = made()
    launcher = wait_until(lambda: cluster.processes("launcher"))[0]["pid"]
    with busy(database):
        cluster.psql(f"DROP DATABASE {database.name}{force}")
    assert not cluster.processes(dbname=database.name)
    assert cluster.processes("launcher")[0]["pid"] == launcher, "the server was not restarted"


def test_refused_drop_database_leaves_it_served(cluster, database):
    wait_until(lambda: serving(cluster, database.name))
    with database.connect(), pytest.raises(psycopg.errors.ObjectInUse):
        cluster.sql(f"DROP DATABASE {database.name}")
    wait_until(lambda: serving(cluster, database.name))


def test_a_stranger_disturbs_nobody(cluster, database):
    before = wait_until(lambda: cluster.processes("scheduler", database.name))[0]["pid"]
    cluster.psql("CREATE ROLE stranger LOGIN")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        cluster.sql(f"DROP DATABASE {database.name}", user="stranger")
    assert cluster.processes("scheduler", database.name)[0]["pid"] == before
    cluster.psql("DROP ROLE stranger")


def test_renamed_database_is_served_again(api, cluster, made):
    database = made()
    pull = things(api, database, records(3))
    wait_until(lambda: serving(cluster, database.name))
    cluster.psql(f"ALTER DATABASE {database.name} RENAME TO {database.name}_new")
    database.name += "_new"
    wait_until(lambda: serving(cluster, database.name))
    assert pull.run().status == "completed"


def test_a_copy_starts_paused_until_it_is_adopted(api, cluster, made):
    original = made()
    things(api, original, records(3), schedule="1 second")
    original.wait_for("SELECT count(*) = 3 FROM things")
    mark = cluster.log_mark()
    cluster.psql(f"CREATE DATABASE copied TEMPLATE {original.name}")
    cluster.wait_for_log('nothing runs in database "copied": this database is a copy', mark)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        cluster.sql("SELECT tandem.adopt()", dbname="copied", user=original.owner)
    runs = cluster.scalar("SELECT count(*) FROM tandem.recent_runs", dbname="copied")
    before = original.scalar("SELECT count(*) FROM tandem.recent_runs")
    original.wait_for(f"SELECT count(*) > {before + 1} FROM tandem.recent_runs")  # the original goes on, the copy does not
    assert cluster.scalar("SELECT count(*) FROM tandem.recent_runs", dbname="copied") == runs
    cluster.psql("SELECT tandem.adopt()", "copied")
    cluster.wait_for(f"SELECT count(*) > {runs} FROM tandem.recent_runs", dbname="copied")


def test_a_restored_dump_starts_paused(cluster, made):
    database = made()
    database.psql("SELECT tandem.create_connection('c', 'rest', %r::jsonb)" % json.dumps({"base_url": "http://127.0.0.1:1"}))
    dump = subprocess.run(["pg_dump", "-h", str(cluster.directory), "-p", str(cluster.port), "-U", SUPERUSER, database.name],
                          check=True, capture_output=True, text=True).stdout
    cluster.psql("CREATE DATABASE restored")
    mark = cluster.log_mark()
    cluster.psql(dump, "restored")
    cluster.psql("SELECT tandem._wake_launcher()", "restored")
    cluster.wait_for_log('nothing runs in database "restored"', mark)
    cluster.psql("SELECT tandem.adopt()", "restored")
    assert cluster.scalar("SELECT count(*) FROM tandem._instance WHERE paused_reason IS NULL", dbname="restored") == 1


@pytest.mark.parametrize("left_out", [[], ["--exclude-table-data=tandem._contract"]])
def test_a_restored_mapping_knows_its_rows(api, cluster, database, made, left_out):
    source = [{"id": f"r{n}", "name": "x", "at": f"2026-01-01T00:00:{n:02}Z"} for n in range(20)]
    api.feed("/things", source, field="at", offset="offset")
    spec = {"path": "/things", "paging": PAGING["offset"], "cursor": {"field": "at", "param": "since"}}
    pull = Pull(database).connect(api.url, {"things": spec}).table("id text PRIMARY KEY, name text")
    pull.map({"id": "id", "name": "name"}, delete_mode="hard")
    assert pull.run().created == 20
    dump = subprocess.run(["pg_dump", "-h", str(cluster.directory), "-p", str(cluster.port), "-U", SUPERUSER, *left_out, database.name],
                          check=True, capture_output=True, text=True).stdout
    del source[3]
    restored = copy.copy(database)
    restored.name = "restored"  # which `made` drops
    cluster.psql("CREATE DATABASE restored")
    mark = cluster.log_mark()
    cluster.psql(dump, "restored")
    cluster.psql("SELECT tandem._wake_launcher()", "restored")
    cluster.wait_for_log('nothing runs in database "restored"', mark)
    cluster.psql("SELECT tandem.adopt()", "restored")
    pull = Pull(restored)
    first = pull.run()
    assert (first.status, first.deleted, first.records_read < 10) == ("completed", 0, not left_out), "without contracts all is read"
    full = pull.run(full=True)
    assert (full.status, full.deleted, len(pull.rows())) == ("completed", 0 if left_out else 1, 20 if left_out else 19)
    del source[5]
    assert pull.run(full=True).deleted == 1, "what it has seen since it deletes in any case"


def test_a_restored_mapping_finds_a_child_table_that_was_renamed(api, cluster, database, made):
    api.listing("/things", [{"id": "a", "lines": [{"no": 1}, {"no": 2}]}])
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "paging": {"style": "none"}}}).table("id text PRIMARY KEY")
    database.sql("CREATE TABLE lines (thing text REFERENCES things, no int, PRIMARY KEY (thing, no))")
    pull.map({"id": "id", "lines[]": {"table": "lines", "parent": "thing", "key": "no", "columns": {"no": "no"}}})
    assert pull.run().created == 1
    database.sql("ALTER TABLE lines RENAME TO parts")
    database.sql("CREATE SCHEMA shop; ALTER TABLE parts SET SCHEMA shop; ALTER SCHEMA shop RENAME TO store", user=SUPERUSER)
    database.sql(f"GRANT USAGE ON SCHEMA store TO {database.owner}", user=SUPERUSER)
    dump = subprocess.run(["pg_dump", "-h", str(cluster.directory), "-p", str(cluster.port), "-U", SUPERUSER, database.name],
                          check=True, capture_output=True, text=True).stdout
    restored = copy.copy(database)
    restored.name = "restored"  # which `made` drops
    cluster.psql("CREATE DATABASE restored")
    mark = cluster.log_mark()
    cluster.psql(dump, "restored")
    cluster.psql("SELECT tandem._wake_launcher()", "restored")
    cluster.wait_for_log('nothing runs in database "restored"', mark)
    cluster.psql("SELECT tandem.adopt()", "restored")
    api.listing("/things", [{"id": "a", "lines": [{"no": 2}, {"no": 3}]}])
    run = Pull(restored).run()
    assert (run.status, run.updated) == ("completed", 1)
    assert restored.sql("SELECT no FROM store.parts ORDER BY no") == [(2,), (3,)]


def test_pause_all_and_resume_all(api, database):
    things(api, database, records(3), schedule="1 second")
    database.wait_for("SELECT count(*) = 3 FROM things")
    database.psql("SELECT tandem.pause_all()", SUPERUSER)
    wait_until(lambda: not database.processes("worker"), what="end of the worker")
    assert database.scalar("SELECT paused_reason FROM tandem._instance", user=SUPERUSER) == f"paused by {SUPERUSER}"
    runs = database.scalar("SELECT max(run) FROM tandem.recent_runs")
    database.psql("SELECT tandem.resume_all()", SUPERUSER)
    database.wait_for(f"SELECT max(run) > {runs} FROM tandem.recent_runs")
