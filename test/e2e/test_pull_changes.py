"""Contracts and what counts as a change: hash_fields, verify, and the cost of a first load."""

from pull import Pull, records, things
from servers import Answer


def contracts(database, columns="origin_id, last_action"):
    return database.sql(f"SELECT {columns} FROM tandem._contract ORDER BY origin_id", user="postgres")


def test_a_first_load_looks_up_each_contract_once(api, database):
    """With statistics of an empty table, each page was held against all the contracts there were by then."""
    pull = things(api, database, records(800), style="page", delete_mode="hard")
    assert (pull.run().pages, len(pull.rows())) == (9, 800)  # the last one is empty
    database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'tandem worker' AND datname = current_database()",
                 user="postgres")  # which tells what it has counted
    database.wait_for("SELECT n_tup_ins = 800 FROM pg_stat_all_tables WHERE relid = 'tandem._contract'::regclass")
    read = database.scalar("SELECT idx_tup_read FROM pg_stat_all_indexes WHERE indexrelid = 'tandem._contract_pkey'::regclass", user="postgres")
    assert read <= 1600  # not 2,800 and those of the look for what is gone


def test_only_the_hash_fields_say_that_a_record_changed(api, database):
    source = [{**r, "seen": 1} for r in records(3)]
    pull = things(api, database, source, options={"hash_fields": ["name"]})
    pull.run()
    source[0]["qty"], source[1]["name"], source[2]["seen"] = 99, "new", 2
    api.listing("/things", source)
    assert pull.run().updated == 1
    assert pull.rows("qty") == [(0,), (1,), (2,)]


def test_the_hash_fields_count_where_only_changes_are_read_too(api, database):
    source = [{**r, "at": "2026-01-01T00:00:00Z"} for r in records(3)]
    api.route("/things", lambda request: Answer({"items": source}))  # gives what is newer and more, as some do
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "cursor": {"field": "at", "param": "since"}}})
    pull.table("id text PRIMARY KEY, name text, qty integer")
    pull.map({"id": "id", "name": "name", "qty": "qty"}, options={"hash_fields": ["name"]})
    assert pull.run().created == 3
    source[0]["qty"], source[1]["name"] = 99, "new"
    assert pull.run().updated == 1
    assert pull.rows("qty, name")[:2] == [(0, "thing 0"), (1, "new")]


def test_the_order_of_keys_is_no_change(api, database):
    api.listing("/things", ['{"id": "a", "more": {"x": 1, "y": [1, {"p": 2, "q": 3}]}}'])
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table("id text PRIMARY KEY, more json, whole json")
    pull.map({"id": "id", "more": "more", "*": "whole"})
    pull.run()
    before = pull.rows("xmin::text")
    api.listing("/things", ['{"more": { "y":[1,{"q":3,"p":2}], "x":1 }, "id": "a"}'])
    assert pull.run().updated == 0
    assert pull.rows("xmin::text") == before
    api.listing("/things", ['{"more": { "y":[{"q":3,"p":2},1], "x":1 }, "id": "a"}'])
    assert pull.run().updated == 1


def test_verify_target_puts_right_what_somebody_changed(api, database):
    pull = things(api, database, records(3), options={"verify": "target"})
    pull.run()
    assert contracts(database) == []
    database.sql("UPDATE things SET qty = 7 WHERE id = 'r00000'; DELETE FROM things WHERE id = 'r00001'")
    run = pull.run()
    assert (run.updated, run.created, run.skipped) == (1, 1, 1)
    assert pull.rows("qty") == [(0,), (1,), (2,)]
    database.sql("""SELECT tandem.alter_mapping('things', '{"delete_mode": "hard"}')""")
    assert pull.run().skipped == 3 and len(contracts(database)) == 3
    api.listing("/things", records(2))
    assert pull.run().deleted == 1
    written = contracts(database, "changed_at")
    assert pull.run().skipped == 2
    assert contracts(database, "changed_at") == written


def test_a_page_is_looked_at_and_only_what_it_needs_is_written(api, database):
    """Statement triggers tell which statements there were, and over how many rows."""
    source = records(30)
    pull = things(api, database, source, options={"verify": "target"})
    database.psql("""
        CREATE TABLE statements (op text, rows bigint);
        CREATE FUNCTION note_it() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO statements SELECT tg_op, count(*) FROM now_there; RETURN NULL; END $$;
        CREATE TRIGGER inserted AFTER INSERT ON things REFERENCING NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION note_it();
        CREATE TRIGGER updated AFTER UPDATE ON things REFERENCING NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION note_it();
        GRANT ALL ON statements TO public""")

    def statements():
        return database.sql("WITH gone AS (DELETE FROM statements RETURNING *) SELECT op, rows FROM gone ORDER BY op, rows", user="postgres")

    def counts():
        run = pull.run()
        return run.status, run.created, run.updated, run.skipped

    assert counts() == ("completed", 30, 0, 0) and statements() == [("INSERT", 30)]
    assert counts() == ("completed", 0, 0, 30) and statements() == []
    source[3]["name"] = "few"
    database.sql("DELETE FROM things WHERE id IN ('r00001', 'r00002')")
    api.listing("/things", source)
    assert counts() == ("completed", 2, 1, 27) and statements() == [("INSERT", 2), ("UPDATE", 1)]
    database.sql("DELETE FROM things WHERE id > 'r00004'")
    assert counts() == ("completed", 25, 0, 5) and statements() == [("INSERT", 25)]
    database.sql("UPDATE things SET name = NULL")
    assert statements() == [("UPDATE", 30)], "our own"
    assert counts() == ("completed", 0, 30, 0) and statements() == [("UPDATE", 30)]
    database.sql("DELETE FROM things")
    assert counts() == ("completed", 30, 0, 0) and statements() == [("INSERT", 30)]
