"""Many mappings of one owner at once: what they share, and what they do not cost each other."""

from __future__ import annotations

import json
import threading
from typing import Any

from cluster import wait_until
from pull import records

COLUMNS = '{"id": "id", "qty": "qty"}'
ENDED = "SELECT count(*) = {} FROM tandem.recent_runs WHERE status = 'completed'"


def many(api: Any, database: Any, count: int, **spec: Any) -> threading.Event:
    """Mappings o0, o1, … of ten records each, into tables of the same names. Answers come when the event is set."""
    listing, proceed = api.listing("/o", [{**r, "at": "2026-01-01T00:00:00Z"} for r in records(10)]), threading.Event()

    def served(request):
        proceed.wait(60)
        return listing.answer(request, api.url)

    api.route("/o", served)
    config = {"base_url": api.url, "objects": {"o": {"path": "/o", **spec}}, "max_in_flight": 100}
    with database.connect(autocommit=False) as session:
        session.execute("SELECT tandem.create_connection('many', 'rest', %s::jsonb)", [json.dumps(config)])
        for i in range(count):
            session.execute(f"CREATE TABLE o{i} (id text PRIMARY KEY, qty integer)")
            session.execute(f"SELECT tandem.create_mapping('o{i}', 'many', 'o', 'o{i}', '{COLUMNS}')")
    return proceed


def read_of_the_queue(database: Any) -> int:
    """Entries of the indexes on pending and running runs that were read so far."""
    return database.scalar("SELECT sum(idx_tup_read)::int FROM pg_stat_user_indexes JOIN pg_index USING (indexrelid)"
                           " WHERE schemaname = 'tandem' AND relname = '_run' AND indpred IS NOT NULL")


def test_a_run_costs_the_same_however_many_are_waiting(api, database):
    count = 200
    many(api, database, count).set()
    database.sql("SELECT tandem.sync_now(name) FROM tandem.mappings")
    database.wait_for(ENDED.format(count), 60)
    database.sql("VACUUM ANALYZE tandem._run", user="postgres")  # statements are planned anew, for an empty queue
    before = read_of_the_queue(database)
    database.sql("SELECT tandem.sync_now(name) FROM tandem.mappings")
    database.wait_for(ENDED.format(2 * count), 60)
    database.cluster.reload({"tandem.enabled": "off"})
    try:  # a process that ends has told its statistics
        wait_until(lambda: not database.processes("worker"), what="end of the worker")
        assert read_of_the_queue(database) - before < 100 * count, "each run has read all the others"
    finally:
        database.cluster.reload({"tandem.enabled": "on"})


def test_runs_that_end_together_are_closed_together_but_for_those_that_cannot_be(api, database):
    count = 40
    proceed = many(api, database, count)
    database.psql("""
        CREATE TABLE followed (run bigint);
        CREATE FUNCTION follow(run bigint) RETURNS void LANGUAGE sql AS 'INSERT INTO followed VALUES (run)';
        SELECT tandem.alter_mapping('o3', '{"options": {"follow_ups": [{"function": "follow"}]}}');
        SELECT tandem.alter_mapping('o5', '{"options": {"keep_runs": 1}}');""")
    database.sql("SELECT tandem.sync_now(name) FROM tandem.mappings")
    wait_until(lambda: len(api.requests()) == count, what="the requests")
    with database.connect(autocommit=False) as session:
        session.execute("SELECT tandem.sync_now('o1')")  # holds the mapping's row
        database.sql("UPDATE tandem._run SET status = 'cancelled', epoch = epoch + 1 FROM tandem._mapping m"
                     " WHERE m.mapping_id = _run.mapping_id AND m.name = 'o2'", user="postgres")  # as if it were lost
        proceed.set()
        database.wait_for(ENDED.format(count - 2))
        assert database.sql("SELECT mapping, status FROM tandem.recent_runs WHERE status <> 'completed' ORDER BY 1") == [
            ("o1", "running"), ("o2", "cancelled")]
        session.rollback()
    database.wait_for(ENDED.format(count - 1))
    assert database.scalar("SELECT count(DISTINCT xmin::text) FROM tandem._run") < count // 2, "each was closed by itself"
    assert database.sql("SELECT mapping FROM followed JOIN tandem.recent_runs USING (run)") == [("o3",)]
    assert database.sql("SELECT name, rows_synced, incremental_runs FROM tandem._mapping"
                        " WHERE (rows_synced, incremental_runs) <> (10, 1)", user="postgres") == [("o2", 0, 0)]
    assert database.sql("SELECT count(*) FROM o2") == [(0,)], "what is not ours any more is not written"
    assert database.scalar("SELECT bool_and(phase IS NULL AND position IS NULL AND pid IS NULL AND timing <> '{}')"
                           " FROM tandem._run WHERE status = 'completed'", user="postgres")
    assert database.scalar("SELECT last_ok_at IS NOT NULL FROM tandem._connection", user="postgres")


def test_how_far_they_came_is_kept_of_runs_that_are_closed_together(api, database):
    count = 20
    proceed = many(api, database, count, cursor={"field": "at", "param": "since"})
    database.sql("SELECT tandem.sync_now(name) FROM tandem.mappings")
    wait_until(lambda: len(api.requests()) == count, what="the requests")
    database.sql("""SELECT tandem.alter_mapping('o1', '{"columns": {"qty": null, "size": "qty"}}')""")
    proceed.set()
    database.wait_for(ENDED.format(count))
    assert database.scalar("SELECT count(DISTINCT xmin::text) FROM tandem._run") < count // 2, "each was closed by itself"
    cursors = database.sql("SELECT cursor_after, count(*) FROM tandem.recent_runs GROUP BY 1")
    assert len(cursors) == 1 and cursors[0][0] is not None
    assert database.sql("SELECT name FROM tandem._mapping WHERE cursor_value IS DISTINCT FROM %s ORDER BY 1", (cursors[0][0],),
                        user="postgres") == [("o1",)], "only what is read by another definition from now on begins anew"
    api.forget()
    database.sql("SELECT tandem.sync_now('o2')")
    database.wait_for(ENDED.format(count + 1))
    assert api.requests("/o")[0].query.get("since") is not None


def test_a_connection_that_is_busy_keeps_nobody_else_waiting(api, database):
    proceed = many(api, database, 20)
    database.psql("""SELECT tandem.alter_connection('many', '{"config": {"max_in_flight": 1}}')""")
    api.listing("/q", records(3))
    config = {"base_url": api.url, "objects": {"q": {"path": "/q"}}}
    database.sql("SELECT tandem.create_connection('quick', 'rest', %s::jsonb)", [json.dumps(config)])
    database.psql(f"CREATE TABLE q (id text PRIMARY KEY, qty int); SELECT tandem.create_mapping('q', 'quick', 'q', 'q', '{COLUMNS}')")
    database.cluster.reload({"tandem.max_in_flight": "4"})
    try:
        database.sql("SELECT tandem.sync_now(name) FROM tandem.mappings WHERE name <> 'q'")
        wait_until(lambda: api.requests(), what="the first request")
        database.sql("SELECT tandem.sync_now('q')")
        database.wait_for("SELECT count(*) = 3 FROM q", 30)
        proceed.set()
        database.wait_for(ENDED.format(21), 60)
    finally:
        proceed.set()
        database.cluster.reload({"tandem.max_in_flight": None})
