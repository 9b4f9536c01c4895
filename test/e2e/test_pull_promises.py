"""Promises that are easy to break: each of these was broken once."""

import threading
import time

import psycopg
import pytest

from cluster import wait_until
from pull import PAGING, Pull, records, things
from servers import Answer, ApiServer, Listing


def test_a_position_counts_in_its_own_listing_only(api, database):
    """A full run that stopped on page 3 must not make the next incremental run begin on page 3."""
    source = [{"id": f"r{i:05}", "name": "old", "updated": f"2020-01-01T00:{i // 60:02}:{i % 60:02}Z"} for i in range(300)]

    def serve(request):
        since = request.query.get("since", "")
        rows = sorted((r for r in source if r["updated"] >= since), key=lambda r: (r["updated"], r["id"]))
        return Listing(rows, "page").answer(request, api.url)

    api.route("/things", serve)
    spec = {"path": "/things", "paging": PAGING["page"], "cursor": {"field": "updated", "param": "since", "format": "iso8601"}}
    pull = Pull(database).connect(api.url, {"things": spec}).table("id text PRIMARY KEY, name text, updated timestamptz")
    pull.map({"id": "id", "name": "name", "updated": "updated"})
    assert pull.run().status == "completed"
    api.fault("/things", "500", when={"page": "3"})
    assert pull.run(full=True).status == "failed"
    for i, record in enumerate(source):
        record.update(name="new", updated=f"2021-01-01T00:{i // 60:02}:{i % 60:02}Z")
    assert pull.run().status == "completed"
    assert database.sql("SELECT name, count(*) FROM things GROUP BY 1") == [("new", 300)]


def test_a_row_locked_by_a_session_holds_up_its_own_run_only(database):
    with ApiServer(delay=0.5) as slow:
        first = things(slow, database, records(3))
        slow.listing("/other", records(3))
        other = Pull(database, "other").connect(slow.url, {"other": {"path": "/other"}})
        other.table("id text PRIMARY KEY, name text, qty integer").map({"id": "id", "name": "name", "qty": "qty"})
        run = first.start()
        wait_until(lambda: slow.requests("/things"), what="the request")  # what it needs of the mapping is read by now
        with database.connect(autocommit=False) as session:
            session.execute("SELECT tandem.sync_now('things')")  # and the transaction stays open
            database.wait_for("SELECT count(*) = 3 FROM things")
            assert other.run().status == "completed"
            session.rollback()
        assert database.scalar("SELECT tandem.wait_for_run(%s, '30 s')", (run,)) == "completed"


def test_a_run_whose_last_page_is_committed_is_not_run_again(database):
    with ApiServer(delay=0.5) as slow:
        pull = things(slow, database, records(10), table="id text, name text, qty integer", write_mode="append")
        run = pull.start()
        database.wait_for("SELECT count(*) = 1 FROM tandem._run WHERE status = 'running'")
        with database.connect(autocommit=False) as session:
            session.execute("SELECT tandem.sync_now('things')")  # holds the mapping's row: the run cannot be closed
            database.wait_for("SELECT count(*) = 10 FROM things")
            database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'tandem worker'"
                         " AND datname = current_database()", user="postgres")
            session.rollback()
        assert database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,)) == "completed"
        assert len(pull.rows()) == 10 and pull.run_row(run).created == 10


def test_a_statement_that_is_cancelled_fails_its_run_and_not_the_worker(api, database):
    pull = things(api, database, records(10))
    database.psql("""
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'too slow' USING ERRCODE = '57014'; END $$;
        CREATE TRIGGER slow BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION slow();""")
    run = pull.run()
    assert (run.status, run.attempt) == ("failed", 1) and "too slow" in run.message


def test_a_token_that_expired_begins_the_listing_anew(api, database):
    listing, expired = Listing(records(300), "token"), set()
    api.route("/things", lambda q: Answer({"error": "cursor expired"}, 400) if q.query.get("cursor") in expired
              else listing.answer(q, api.url))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "paging": PAGING["token"]}})
    pull.table("id text PRIMARY KEY, name text, qty integer").map({"id": "id", "name": "name", "qty": "qty"})
    api.fault("/things", "500", when={"cursor": "c100"})
    assert pull.run().status == "failed"
    expired.add("c100")
    listing.size = 150
    run = pull.run()
    assert run.status == "failed" and "cursor expired" in run.message
    assert pull.run().status == "completed"
    assert len(pull.rows()) == 300


def test_an_update_that_a_trigger_swallows_is_not_remembered_as_done(api, database):
    source = records(3)
    pull = things(api, database, source)
    pull.run()
    database.psql("""
        CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER no BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION no();""")
    source[1]["name"] = "changed"
    api.listing("/things", source)
    run = pull.run()
    assert (run.status, run.updated, run.skipped) == ("completed", 0, 3)
    assert "1 row was kept out" in run.message
    database.sql("DROP TRIGGER no ON things")
    assert pull.run().updated == 1
    assert pull.rows("name")[0] == ("changed",)


def test_a_row_that_a_policy_hides_is_said(api, database):
    owner = database.owner
    database.sql("CREATE TABLE things (id text PRIMARY KEY, name text, qty integer, tenant text DEFAULT 'mine')")
    database.sql("INSERT INTO things VALUES ('r00000', 'theirs', 0, 'theirs')")
    database.sql(f"ALTER TABLE things OWNER TO postgres; ALTER TABLE things ENABLE ROW LEVEL SECURITY;"
                 f" GRANT ALL ON things TO {owner}; CREATE POLICY mine ON things TO {owner} USING (tenant = 'mine')", user="postgres")
    api.listing("/things", records(2))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).map({"id": "id", "name": "name", "qty": "qty"})
    run = pull.run()
    assert (run.created, run.skipped) == (1, 1) and "policy" in run.message
    assert database.sql("SELECT name FROM things WHERE id = 'r00000'", user="postgres") == [("theirs",)]


def test_children_and_parents_of_one_page_go_in_although_another_row_is_bad(api, database):
    rows = [{"id": f"{i:03}", "name": f"{i + 50:03}" if i < 50 else None, "qty": i} for i in range(100)]
    rows[60]["qty"] = 99999  # its child, 010, lacks a parent then
    pull = things(api, database, rows, table="id text PRIMARY KEY, name text REFERENCES things, qty integer CHECK (qty < 1000)")
    run = pull.run()
    assert (run.created, run.failed) == (98, 2)
    assert sorted(pull.errors("origin_id, code")) == [("010", "TD403"), ("060", "TD404")]


def test_adopt_finds_tables_in_any_schema(api, database):
    database.sql(f"CREATE SCHEMA crm AUTHORIZATION {database.owner}", user="postgres")
    api.listing("/things", records(3))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}})
    database.sql("CREATE TABLE crm.things (id text PRIMARY KEY, name text, qty integer)")
    pull.map({"id": "id", "name": "name", "qty": "qty"}, target="crm.things")
    database.sql("SELECT tandem.adopt()", user="postgres")
    assert pull.run().created == 3


def test_cancelling_a_pending_run_wakes_who_waits_for_it(api, database):
    pull = things(api, database, records(2))
    database.cluster.reload({"tandem.enabled": "off"})
    try:
        database.wait_for("SELECT current_setting('tandem.enabled') = 'off'")
        wait_until(lambda: not database.processes("worker"), what="end of the workers")
        run, answers = pull.start(), []
        began = time.monotonic()
        waiting = threading.Thread(
            target=lambda: answers.append(database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,))))
        waiting.start()
        database.wait_for("SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%%wait_for_run%%' AND wait_event_type = 'Extension'")
        database.scalar("SELECT tandem.cancel_run(%s)", (run,))
        waiting.join()
        assert answers == ["cancelled"] and time.monotonic() - began < 50
    finally:
        database.cluster.reload({"tandem.enabled": "on"})


def test_a_database_in_another_encoding_is_refused(cluster):
    cluster.psql("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="UTF8"):
            cluster.sql("CREATE EXTENSION pg_tandem", dbname="latin")
    finally:
        cluster.psql("DROP DATABASE latin WITH (FORCE)")


def test_the_connection_of_another_role_cannot_be_used(api, database):
    things(api, database, records(2))
    eve = f"{database.name}_eve"
    database.sql(f"CREATE ROLE {eve} LOGIN", user="postgres")
    database.sql(f"CREATE SCHEMA eve AUTHORIZATION {eve}", user="postgres")
    database.grant(eve)
    try:
        database.sql("CREATE TABLE eve.loot (id text PRIMARY KEY)", user=eve)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="may not use connection"):
            database.sql("""SELECT tandem.create_mapping('e', 'things_api', 'things', 'eve.loot', '{"id": "id"}')""", user=eve)
    finally:
        database.sql(f"DROP OWNED BY {eve} CASCADE", user="postgres")
        database.sql(f"DROP ROLE {eve}", user="postgres")


def test_triggers_are_planned_with_the_owners_own_settings(api, database):
    source = records(2)
    pull = things(api, database, source)
    pull.run()
    database.psql("""
        CREATE TABLE seen (v text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO seen VALUES (current_setting('enable_seqscan') || current_setting('enable_hashjoin')); RETURN NEW; END $$;
        CREATE TRIGGER note BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION note();""")
    source[0]["name"] = "x"
    api.listing("/things", source)
    pull.run()
    assert database.sql("SELECT * FROM seen") == [("onon",)]
