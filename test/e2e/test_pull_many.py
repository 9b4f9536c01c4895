"""Many mappings of one owner at once: what they share, and what they do not cost each other."""

from __future__ import annotations

import json
from typing import Any

from cluster import wait_until
from pull import records

COLUMNS = '{"id": "id", "qty": "qty"}'
ENDED = "SELECT count(*) = {} FROM tandem.recent_runs WHERE status = 'completed'"


def many(api: Any, database: Any, count: int) -> None:
    """Mappings o0, o1, … of ten records each, into tables of the same names."""
    api.listing("/o", records(10))
    config = {"base_url": api.url, "objects": {"o": {"path": "/o"}}, "max_in_flight": 100}
    with database.connect(autocommit=False) as session:
        session.execute("SELECT tandem.create_connection('many', 'rest', %s::jsonb)", [json.dumps(config)])
        for i in range(count):
            session.execute(f"CREATE TABLE o{i} (id text PRIMARY KEY, qty integer)")
            session.execute(f"SELECT tandem.create_mapping('o{i}', 'many', 'o', 'o{i}', '{COLUMNS}')")


def read_of_the_queue(database: Any) -> int:
    """Entries of the indexes on pending and running runs that were read so far."""
    return database.scalar("SELECT sum(idx_tup_read)::int FROM pg_stat_user_indexes JOIN pg_index USING (indexrelid)"
                           " WHERE schemaname = 'tandem' AND relname = '_run' AND indpred IS NOT NULL")


def test_a_run_costs_the_same_however_many_are_waiting(api, database):
    count = 200
    many(api, database, count)
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
