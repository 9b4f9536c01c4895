"""Rows of a pull: what is written, what is left alone, what is counted."""

from pull import Pull, records, things


def test_first_run_fills_an_empty_table(api, database):
    pull = things(api, database, records(250))
    run = pull.run()
    assert (run.status, run.created, run.updated, run.skipped, run.failed) == ("completed", 250, 0, 0, 0)
    assert pull.rows()[17] == ("r00017", "thing 17", 17)


def test_second_run_writes_nothing(api, database):
    pull = things(api, database, records(250))
    pull.run()
    before = database.sql("SELECT ctid, xmin FROM things ORDER BY id")
    run = pull.run()
    assert (run.status, run.created, run.updated, run.skipped) == ("completed", 0, 0, 250)
    assert database.sql("SELECT ctid, xmin FROM things ORDER BY id") == before


def test_only_the_changed_row_is_updated(api, database):
    source = records(50)
    pull = things(api, database, source)
    pull.run()
    before = dict(database.sql("SELECT id, xmin::text FROM things"))
    source[7]["name"] = "another"
    api.listing("/things", source)
    run = pull.run()
    assert (run.created, run.updated, run.skipped) == (0, 1, 49)
    after = dict(database.sql("SELECT id, xmin::text FROM things"))
    assert [key for key in after if after[key] != before[key]] == ["r00007"]
    assert database.scalar("SELECT name FROM things WHERE id = 'r00007'") == "another"


def test_new_and_changed_rows_together(api, database):
    pull = things(api, database, records(30))
    pull.run()
    api.listing("/things", [{**r, "qty": r["qty"] + (r["qty"] % 2)} for r in records(40)])
    run = pull.run()
    assert (run.created, run.updated, run.skipped) == (10, 15, 15)
    assert len(pull.rows()) == 40


def test_rows_that_were_there_before_are_adopted_by_key(api, database):
    pull = things(api, database, records(3))
    database.sql("INSERT INTO things VALUES ('r00001', 'mine', 1), ('r00002', 'thing 2', 2)")
    run = pull.run()
    assert (run.created, run.updated, run.skipped) == (1, 1, 1)
    assert pull.rows("name") == [("thing 0",), ("thing 1",), ("thing 2",)]


def test_a_column_that_is_not_mapped_keeps_its_value(api, database):
    pull = things(api, database, records(2), table="id text PRIMARY KEY, name text, qty integer, note text DEFAULT 'new'")
    pull.run()
    database.sql("UPDATE things SET note = 'kept'")
    api.listing("/things", [{**r, "name": "x"} for r in records(2)])
    pull.run()
    assert pull.rows("name, note") == [("x", "kept"), ("x", "kept")]


def test_one_id_twice_in_a_listing_is_one_row_with_the_later_content(api, database):
    pull = things(api, database, [*records(3), {"id": "r00001", "name": "later", "qty": 9}])
    run = pull.run()
    assert (run.status, run.created, run.skipped) == ("completed", 3, 1)
    assert database.sql("SELECT name FROM things WHERE id = 'r00001'") == [("later",)]


def test_one_id_on_two_pages(api, database):
    source = records(300)
    source[250] = {"id": "r00001", "name": "later", "qty": 9}
    pull = things(api, database, source, style="page")
    run = pull.run()
    assert (run.status, run.created, run.updated) == ("completed", 299, 1)
    assert database.sql("SELECT name FROM things WHERE id = 'r00001'") == [("later",)]


def test_null_and_absent_clear_a_value(api, database):
    pull = things(api, database, records(2))
    pull.run()
    api.listing("/things", [{"id": "r00000", "name": None, "qty": 0}, {"id": "r00001", "qty": 1}])
    assert pull.run().updated == 2
    assert pull.rows("name") == [(None,), (None,)]


def test_write_mode_insert_leaves_existing_rows_alone(api, database):
    pull = things(api, database, records(3), write_mode="insert")
    database.sql("INSERT INTO things VALUES ('r00001', 'mine', 0)")
    run = pull.run()
    assert (run.created, run.updated, run.skipped) == (2, 0, 1)
    assert pull.rows("id, name")[1] == ("r00001", "mine")


def test_write_mode_update_makes_no_rows(api, database):
    pull = things(api, database, records(3), write_mode="update")
    database.sql("INSERT INTO things VALUES ('r00001', 'mine', 0)")
    run = pull.run()
    assert (run.created, run.updated, run.skipped, run.message) == (0, 1, 2, None), "nobody keeps out what is not to be made"
    assert pull.rows() == [("r00001", "thing 1", 1)]
    database.sql("CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
                 " CREATE TRIGGER keep BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION keep();"
                 " INSERT INTO things VALUES ('r00002', 'mine', 0)")
    assert pull.run().message == "1 row was kept out of public.things by a trigger or a policy"


def test_write_mode_append_adds_every_time(api, database):
    pull = things(api, database, records(3), write_mode="append", table="id text, name text, qty integer")
    assert pull.run().created == 3
    assert pull.run().created == 3
    assert len(pull.rows()) == 6


def test_match_on_finds_rows_by_another_column(api, database):
    pull = things(api, database, records(2), table="no serial PRIMARY KEY, name text UNIQUE, qty integer",
                  columns={"name": "name", "qty": "qty"}, match_on=["name"])
    database.sql("INSERT INTO things (name, qty) VALUES ('thing 1', 77)")
    run = pull.run()
    assert (run.created, run.updated) == (1, 1)
    assert database.sql("SELECT no, qty FROM things WHERE name = 'thing 1'") == [(1, 1)]


def test_a_row_that_a_trigger_swallows_is_skipped_not_created(api, database):
    pull = things(api, database, records(4))
    database.psql("""
        CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF new.qty = 2 THEN RETURN NULL; END IF; RETURN new; END $$;
        CREATE TRIGGER swallow BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION swallow();""")
    run = pull.run()
    assert (run.status, run.created, run.skipped) == ("completed", 3, 1)
    run = pull.run()
    assert (run.created, run.updated, run.skipped) == (0, 0, 4), "it is tried again, and swallowed again"


def test_an_emptied_table_is_filled_again(api, database):
    pull = things(api, database, records(5))
    pull.run()
    database.sql("TRUNCATE things")
    assert pull.run().created == 5


def test_full_compares_with_the_table_itself(api, database):
    pull = things(api, database, records(5))
    pull.run()
    database.sql("UPDATE things SET name = 'edited here' WHERE id = 'r00003'")
    assert pull.run().updated == 0, "the source did not change"
    assert pull.run(full=True).updated == 1
    assert pull.rows("id, name")[3] == ("r00003", "thing 3")


def test_partitioned_table(api, database):
    pull = things(api, database, records(60), table="id text PRIMARY KEY, name text, qty integer) PARTITION BY HASH (id")
    for i in range(3):
        database.sql(f"CREATE TABLE things_{i} PARTITION OF things FOR VALUES WITH (MODULUS 3, REMAINDER {i})")
    assert pull.run().created == 60
    assert pull.run().skipped == 60


def test_incremental_reads_what_changed_since(api, database):
    def since(request):
        from servers import Answer
        mark = request.query.get("since", "")
        return Answer({"items": [r for r in source if r["changed"] >= mark]})
    source = [{"id": f"r{i}", "name": "x", "qty": i, "changed": f"2026-01-0{i + 1}T00:00:00Z"} for i in range(5)]
    api.route("/things", since)
    spec = {"path": "/things", "cursor": {"field": "changed", "param": "since", "format": "iso8601"}}
    pull = Pull(database).connect(api.url, {"things": spec}).table("id text PRIMARY KEY, name text, qty integer")
    pull.map({"id": "id", "name": "name", "qty": "qty"})
    run = pull.run()
    assert (run.created, run.cursor_after) == (5, "2026-01-05T00:00:00Z")
    source[0].update(name="y", changed="2026-02-01T00:00:00Z")
    run = pull.run()
    assert api.requests("/things")[-1].query == {"since": "2026-01-05T00:00:00Z"}
    assert (run.records_read, run.updated, run.skipped) == (2, 1, 1), "the last one is read again, and is the same"
    assert run.cursor_after == "2026-02-01T00:00:00Z"
    assert pull.run(full=True).records_read == 5
