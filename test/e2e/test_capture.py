"""Capture where a real worker writes, and where a statement is big. What statements leave in the outbox: sql/29_capture.sql."""

from pathlib import Path

from pull import records, things

# What a push mapping makes of its table, without one whose worker would fetch what is captured.
CAPTURE = """
INSERT INTO tandem._capture SELECT c.oid, 'public.things', '{{1}}', 1, '{{}}', '{mappings}', false FROM pg_class c WHERE relname = 'things';
CREATE TRIGGER tandem_capture_insert AFTER INSERT ON things REFERENCING NEW TABLE AS now FOR EACH STATEMENT EXECUTE FUNCTION tandem._capture_changes();
CREATE TRIGGER tandem_capture_update AFTER UPDATE ON things REFERENCING OLD TABLE AS before NEW TABLE AS now FOR EACH STATEMENT
    EXECUTE FUNCTION tandem._capture_changes();
CREATE TRIGGER tandem_capture_delete AFTER DELETE ON things REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION tandem._capture_changes();
"""


def capture(database, *mappings):
    database.psql(CAPTURE.format(mappings="{" + ",".join(str(m) for m in mappings) + "}"), user="postgres")


def taken(database):
    """(op, rows, origin, columns that differ) of what was captured since the last time."""
    return database.sql("""WITH gone AS (DELETE FROM tandem._outbox RETURNING *)
        SELECT op::text, n, origin, (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = "table" AND attnum > 0
                                  AND attnum <= 8 * length(changed) AND get_bit(changed, attnum - 1) = 1)
          FROM gone ORDER BY seq""", user="postgres")


def mapping_id(database):
    return database.scalar("SELECT mapping_id FROM tandem.mappings")


def test_what_a_mapping_itself_writes_is_no_news_to_it(api, database):
    source = records(30)
    pull = things(api, database, source, style="page", delete_mode="hard", options={"delete_brake": {"rows": 1000}})
    capture(database, mapping_id(database))
    assert pull.run().created == 30
    source[3] = {**source[3], "name": "other"}
    api.listing("/things", source[:-5], style="page")
    run = pull.run()
    assert (run.updated, run.deleted) == (1, 5)
    assert taken(database) == []
    database.sql("UPDATE things SET name = 'mine' WHERE id = 'r00001'")
    assert taken(database) == [("u", 1, None, ["name"])]


def test_what_a_mapping_writes_is_news_to_others_and_says_whose_it_is(api, database):
    source = records(30)
    pull = things(api, database, source, style="page", delete_mode="hard", options={"delete_brake": {"rows": 1000}})
    ours = mapping_id(database)
    capture(database, ours, ours + 1000)
    pull.run()
    assert taken(database) == [("i", 30, ours, None)]
    api.listing("/things", source[:-5], style="page")
    pull.run()
    assert taken(database) == [("d", 5, ours, None)]


def test_what_triggers_of_users_do_in_its_wake_is_a_local_change(api, database):
    pull = things(api, database, records(2), style="page")
    database.psql("""
        ALTER TABLE things ADD seen text, ADD late text;
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            EXECUTE format('UPDATE things SET %I = ''yes'' WHERE id = $1', TG_ARGV[0]) USING new.id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER note AFTER INSERT ON things FOR EACH ROW EXECUTE FUNCTION note('seen');
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note('late');
    """, user=database.owner)
    capture(database, mapping_id(database))
    pull.run()
    assert sorted(taken(database), key=str) == [("u", 1, None, ["late"])] * 2 + [("u", 1, None, ["seen"])] * 2


def test_a_million_rows_in_a_statement_take_no_memory(cluster, database):
    database.sql("CREATE TABLE things (id bigint PRIMARY KEY, note text, qty int)")
    database.sql("INSERT INTO things SELECT i, 'note ' || i, 1 FROM generate_series(1, 1000000) i")
    capture(database, 1)

    def peak_mb(pid: int) -> float:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmPeak")).split()[1]) / 1024

    with database.connect() as session:
        session.autocommit = True
        pid = session.info.backend_pid
        session.execute("UPDATE things SET qty = 2 WHERE id <= 20000")
        before = peak_mb(pid)
        session.execute("UPDATE things SET qty = 3")
        assert peak_mb(pid) - before < 64, "fifty times as many rows"
    entries = database.sql("SELECT count(*), sum(n), max(n) FROM tandem._outbox", user="postgres")
    assert entries == [(1020, 1020000, 1000)]
