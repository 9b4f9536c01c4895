"""Nested arrays in tables of their own: rows of a child table become those of the array, with their record or not at all."""

import pytest

from pull import Pull
from servers import Answer

ORDERS = "id text PRIMARY KEY, customer text"
LINES = ("order_id text NOT NULL REFERENCES things, no integer NOT NULL, sku text NOT NULL, qty integer CHECK (qty > 0), "
         "PRIMARY KEY (order_id, no)")
KEYED = {"table": "lines", "columns": {"no": "no", "sku": "sku", "qty": "qty"}, "parent": "order_id", "key": "no"}
BY_CONTENT = {key: value for key, value in KEYED.items() if key != "key"}
STYLES = pytest.mark.parametrize("spec", [KEYED, BY_CONTENT], ids=["keyed", "by content"])


def order(number, *lines, **more):
    return {"id": f"o{number}", "customer": f"c{number}", "lines": list(lines), **more}


def line(number, sku="a", qty=1):
    return {"no": number, "sku": sku, "qty": qty}


def orders(api, database, records, spec=KEYED, table=ORDERS, lines=LINES, columns=None, listing=None, **arguments):
    api.listing("/things", records, **(listing or {}))
    paging = {"style": "page", "param": "page", "size_param": "size", "size": 100} if listing else {"style": "none"}
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "paging": paging}}).table(table)
    database.sql(f"CREATE TABLE lines ({lines})")
    return pull.map(columns or {"id": "id", "customer": "customer", "lines[]": spec}, **arguments)


def lines_of(database, columns="order_id, no, sku, qty"):
    return database.sql(f"SELECT {columns} FROM lines ORDER BY 1, 2")


def versions(database):
    return dict(((o, n), x) for o, n, x in database.sql("SELECT order_id, no, xmin::text FROM lines"))


@STYLES
def test_rows_of_the_array_follow_their_record(api, database, spec):
    pull = orders(api, database, [order(1, line(1), line(2, "b")), order(2), order(3, line(1, "c", 7))], spec)
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("completed", 3, 0)
    assert lines_of(database) == [("o1", 1, "a", 1), ("o1", 2, "b", 1), ("o3", 1, "c", 7)]
    assert pull.run().skipped == 3


@STYLES
def test_one_changed_line_is_all_that_is_written(api, database, spec):
    pull = orders(api, database, [order(1, line(1), line(2, "b"), line(3, "b")), order(2, line(1))], spec)
    pull.run()
    before, parents = versions(database), database.sql("SELECT xmin::text FROM things ORDER BY id")
    api.listing("/things", [order(1, line(1), line(2, "b", 5), line(3, "b")), order(2, line(1))])
    run = pull.run()
    assert (run.updated, run.skipped) == (1, 1), "a record whose lines changed is an updated one"
    after = versions(database)
    assert [key for key in after if after[key] != before[key]] == [("o1", 2)]
    assert database.sql("SELECT xmin::text FROM things ORDER BY id") == parents
    assert database.scalar("SELECT qty FROM lines WHERE order_id = 'o1' AND no = 2") == 5
    assert pull.run(full=True).skipped == 2
    assert versions(database) == after, "everything was compared, and nothing written"


@STYLES
def test_arrays_grow_and_shrink(api, database, spec):
    pull = orders(api, database, [order(1, line(1), line(2), line(3))], spec)
    pull.run()
    api.listing("/things", [order(1, line(2), line(4), line(5))])
    assert pull.run().updated == 1
    assert lines_of(database, "order_id, no") == [("o1", 2), ("o1", 4), ("o1", 5)]


@STYLES
def test_lines_are_followed_where_only_the_key_of_the_record_is_mapped(api, database, spec):
    pull = orders(api, database, [order(1, line(1), line(2)), order(2, line(1))], spec, columns={"id": "id", "lines[]": spec})
    pull.run()
    api.listing("/things", [order(1, line(1), line(3)), order(2, line(1))])
    run = pull.run()
    assert (run.updated, run.skipped) == (1, 1)
    assert lines_of(database, "order_id, no") == [("o1", 1), ("o1", 3), ("o2", 1)]


@STYLES
def test_empty_null_and_absent(api, database, spec):
    pull = orders(api, database, [order(n, line(1)) for n in range(4)], spec)
    pull.run()
    api.listing("/things", [order(0), {**order(1), "lines": None}, {"id": "o2", "customer": "new"}, order(3, line(1))])
    run = pull.run()
    assert (run.status, run.updated) == ("completed", 3)
    assert lines_of(database, "order_id, no") == [("o2", 1), ("o3", 1)], "an array that is not there says nothing"


def test_equal_elements_are_as_many_rows(api, database):
    pull = orders(api, database, [order(1, line(1), line(1), line(1))], BY_CONTENT, lines="order_id text, no int, sku text, qty int")
    pull.run()
    assert lines_of(database, "order_id, no") == [("o1", 1)] * 3
    before = database.sql("SELECT ctid FROM lines ORDER BY 1")
    api.listing("/things", [order(1, line(1), line(1))])
    pull.run()
    left = database.sql("SELECT ctid FROM lines ORDER BY 1")
    assert len(left) == 2 and set(left) < set(before)


@STYLES
@pytest.mark.parametrize("bad, code", [
    ({"no": 2, "sku": "a", "qty": -1}, "TD404"), ({"no": 2, "sku": None, "qty": 1}, "TD103"),
    ({"no": 2, "sku": "a", "qty": "many"}, "TD101"), ("a string", "TD120"), (None, "TD120"), ([], "TD120")])
def test_a_bad_element_costs_its_record_only(api, database, spec, bad, code):
    pull = orders(api, database, [order(n, line(1), bad if n == 7 else line(2)) for n in range(30)], spec)
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 29, 1)
    assert [row[:2] for row in pull.errors("origin_id, code")] == [("o7", code)]
    assert database.scalar("SELECT count(*) FROM things WHERE id = 'o7'") == 0, "nothing of it is in"
    assert database.scalar("SELECT count(*) FROM lines") == 58
    api.listing("/things", [order(n, line(1), line(2)) for n in range(30)])
    run = pull.run()
    assert (run.status, run.created) == ("completed", 1)
    assert pull.errors() == []
    assert database.scalar("SELECT count(*) FROM lines") == 60


def test_a_bad_element_leaves_what_was_there(api, database):
    pull = orders(api, database, [order(1, line(1), line(2))])
    pull.run()
    api.listing("/things", [{**order(1, line(1, "x"), line(2, "a", -2)), "customer": "another"}])
    run = pull.run()
    assert (run.status, run.failed) == ("partial", 1)
    assert pull.rows("customer") == [("c1",)]
    assert lines_of(database, "no, sku") == [(1, "a"), (2, "a")]
    assert database.scalar("SELECT field FROM tandem.sync_errors WHERE resolved_at IS NULL") == "lines[]"


def test_what_is_no_array_is_a_bad_record(api, database):
    pull = orders(api, database, [{"id": "o1", "lines": {"no": 1}}, {"id": "o2", "lines": "x"}, order(3, line(1))])
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 1, 2)
    assert pull.errors("message") == [("field lines[] is an object, not an array",), ("field lines[] is a string, not an array",)]


def test_two_elements_with_one_key(api, database):
    pull = orders(api, database, [order(1, line(1), line(1, "b")), order(2, line(1))])
    assert pull.run().status == "partial"
    assert pull.errors("origin_id, code") == [("o1", "TD121")]


@pytest.mark.parametrize("kind, first, second, code", [("int", 1, "1", "TD121"), ("text", 1, "1", "TD121"), ("numeric", 1, "1.0", "TD402")])
def test_two_elements_whose_keys_are_equal_to_the_table(api, database, kind, first, second, code):
    pull = orders(api, database, [order(1, line(first)), order(2, line(1))], lines=f"order_id text, no {kind}, sku text, qty int, PRIMARY KEY (order_id, no)")
    assert pull.run().created == 2
    api.listing("/things", [order(1, line(first), line(second, "b")), order(2, line(1, "b"))])
    run = pull.run()
    assert (run.status, run.updated) == ("partial", 1)
    assert pull.errors("origin_id, code") == [("o1", code)]
    assert database.sql("SELECT order_id, no::int, sku FROM lines ORDER BY 1") == [("o1", 1, "a"), ("o2", 1, "b")], "nothing is lost"


def test_ten_thousand_lines_in_a_page(api, database):
    source = [order(n, *(line(i, f"s{i}") for i in range(100))) for n in range(100)]
    pull = orders(api, database, source)
    assert pull.run().created == 100
    assert database.scalar("SELECT count(*) FROM lines") == 10_000
    source[50]["lines"][50]["qty"] = 9
    assert pull.run().updated == 1
    assert database.scalar("SELECT count(*) FROM lines WHERE qty = 9") == 1
    assert pull.run(full=True).skipped == 100


def test_the_key_may_be_one_that_the_database_makes(api, database):
    pull = orders(api, database, [order(1, line(1), line(2)), order(2, line(1))],
                  {"table": "lines", "columns": {"#": "position", "sku": "sku", "qty": {"column": "qty", "to_local": {"sql": "value::int * 10"}}},
                   "parent": "thing"},
                  table="no bigserial PRIMARY KEY, id text UNIQUE, customer text",
                  lines="thing bigint REFERENCES things (no), position int, sku text DEFAULT 'x', qty int")
    pull.run()
    assert database.sql("SELECT t.id, l.position, l.qty FROM lines l JOIN things t ON t.no = l.thing ORDER BY 1, 2") == [
        ("o1", 1, 10), ("o1", 2, 10), ("o2", 1, 10)]
    assert pull.run(full=True).skipped == 2


def test_scalars_constants_stamps_and_defaults(api, database):
    tags = {"table": "lines", "parent": "thing", "columns": [
        {"field": ".", "column": "tag", "default": "none", "to_local": "uppercase"}, {"column": "kind", "constant": "tag"}]}
    pull = orders(api, database, [{"id": "o1", "tags": ["x", "y", None]}, {"id": "o2", "tags": []}],
                  columns={"id": "id", "tags[]": tags},
                  table="id text, source text, synced_at timestamptz, PRIMARY KEY (source, id)",
                  lines="source text, thing text, tag text, kind text, synced_at timestamptz",
                  options={"stamp": {"source": "mapping", "synced_at": "now"}})
    database.sql("INSERT INTO lines VALUES ('another', 'o1', 'theirs', 'tag', NULL)")
    pull.run()
    assert database.sql("SELECT source, thing, tag, kind, synced_at IS NULL FROM lines ORDER BY source, tag") == [
        ("another", "o1", "theirs", "tag", True), ("things", "o1", "X", "tag", False), ("things", "o1", "Y", "tag", False),
        ("things", "o1", "none", "tag", False)]
    before = database.sql("SELECT ctid FROM lines")
    assert pull.run(full=True).skipped == 2
    assert database.sql("SELECT ctid FROM lines") == before


@pytest.mark.parametrize("reference", ["REFERENCES things", "REFERENCES things ON DELETE CASCADE", ""])
def test_rows_go_with_a_deleted_record(api, database, reference):
    pull = orders(api, database, [order(n, line(1), line(2)) for n in range(20)], delete_mode="hard",
                  lines=f"order_id text NOT NULL {reference}, no int, sku text, qty int, PRIMARY KEY (order_id, no)")
    pull.run()
    api.listing("/things", [order(n, line(1), line(2)) for n in range(20) if n != 5])
    run = pull.run()
    assert (run.status, run.deleted) == ("completed", 1)
    assert database.scalar("SELECT count(*) FROM lines") == 38
    assert database.scalar("SELECT count(*) FROM lines WHERE order_id = 'o5'") == 0


def test_rows_of_a_kept_record_stay(api, database):
    pull = orders(api, database, [order(n, line(1)) for n in range(20)], delete_mode="hard")
    pull.run()
    database.psql("""
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER keep BEFORE DELETE ON things FOR EACH ROW EXECUTE FUNCTION keep();""")
    api.listing("/things", [order(n, line(1)) for n in range(19)])
    assert pull.run().deleted == 0
    assert database.scalar("SELECT count(*) FROM lines") == 20


def test_soft_deletion_keeps_them(api, database):
    pull = orders(api, database, [order(n, line(1)) for n in range(20)], delete_mode="soft", table=ORDERS + ", gone_at timestamptz",
                  options={"soft_delete_columns": {"gone_at": "now"}})
    pull.run()
    api.listing("/things", [order(n, line(1)) for n in range(19)])
    assert pull.run().deleted == 1
    assert database.scalar("SELECT count(*) FROM lines") == 20


def test_write_mode_insert_leaves_lines_of_existing_rows_alone(api, database):
    pull = orders(api, database, [order(1, line(1)), order(2, line(1))], write_mode="insert")
    database.sql("INSERT INTO things VALUES ('o1', 'mine')")
    run = pull.run()
    assert (run.created, run.skipped) == (1, 1)
    assert lines_of(database, "order_id, no") == [("o2", 1)]


def test_write_mode_update_takes_lines_of_existing_rows_only(api, database):
    pull = orders(api, database, [order(1, line(1)), order(2, line(1))], write_mode="update")
    database.sql("INSERT INTO things VALUES ('o1', 'c1')")
    run = pull.run()
    assert (run.created, run.updated, run.skipped) == (0, 1, 1)
    assert lines_of(database, "order_id, no") == [("o1", 1)]


def test_a_child_row_that_a_trigger_swallows_is_told(api, database):
    pull = orders(api, database, [order(n, line(1), line(2)) for n in range(3)])
    database.psql("""
        CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF new.order_id = 'o1' AND new.no = 2 THEN RETURN NULL; END IF; RETURN new; END $$;
        CREATE TRIGGER swallow BEFORE INSERT ON lines FOR EACH ROW EXECUTE FUNCTION swallow();""")
    run = pull.run()
    assert (run.status, run.code) == ("completed", "TD411")
    database.sql("DROP TRIGGER swallow ON lines")
    pull.run()
    assert database.scalar("SELECT count(*) FROM lines") == 6, "what was kept out is tried again"


def test_a_listing_goes_on_where_it_was_cut(api, database):
    """The second page fails; the next run goes on there, and every line is there once."""
    broken = True

    def answer(request):
        page = int(request.query.get("page", 1))
        if page == 2 and broken:
            return Answer("no", status=500)
        return Answer({"items": source[(page - 1) * 100:page * 100]})
    source = [order(n, line(1), line(2)) for n in range(250)]
    pull = orders(api, database, [], listing={"style": "page"})
    api.route("/things", answer)
    assert pull.run().status == "failed"
    assert database.scalar("SELECT count(*) FROM lines") == 200, "the first page is in, with its lines"
    broken = False
    run = pull.run()
    assert (run.status, run.created) == ("completed", 150)
    assert database.scalar("SELECT count(*) FROM lines") == 500


def test_a_retried_record_brings_its_lines(api, database):
    pull = orders(api, database, [order(1, line(1)), order(2, line(1, "a", -5))])
    assert pull.run().status == "partial"
    database.sql("ALTER TABLE lines DROP CONSTRAINT lines_qty_check")
    number = database.scalar("SELECT tandem.retry_failed_sync('things')")
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,))
    assert lines_of(database, "order_id, qty") == [("o1", 1), ("o2", -5)]
    assert pull.errors() == []


def test_a_preview_tells_of_lines_and_writes_none(api, database):
    pull = orders(api, database, [order(1, line(1)), order(2, line(1)), order(3, line(1, "a", -1))])
    pull.run()
    api.listing("/things", [order(1, line(1)), order(2, line(1, "b")), order(3, line(1, "a", -1))])
    found = database.sql("SELECT origin_id, action, error_type FROM tandem.preview_mapping('things') ORDER BY 1")
    assert found == [("o1", "unchanged", None), ("o2", "update", None), ("o3", "error", "DATABASE_ERROR")]
    assert lines_of(database, "order_id, sku") == [("o1", "a"), ("o2", "a")]


def test_a_renamed_column_is_followed_a_dropped_one_ends_the_run(api, database):
    pull = orders(api, database, [order(1, line(1))])
    pull.run()
    database.sql("ALTER TABLE lines RENAME sku TO article")
    assert database.sql("SELECT kind, field, column_name FROM tandem.schema_changes") == [("renamed", "lines[].sku", "public.lines.sku")]
    api.listing("/things", [order(1, line(1, "z"))])
    assert pull.run().status == "completed"
    assert database.scalar("SELECT article FROM lines") == "z"
    database.sql("ALTER TABLE lines DROP COLUMN qty")
    run = pull.run()
    assert (run.status, run.code) == ("failed", "TD811")
    ddl = database.scalar("SELECT ddl FROM tandem.schema_changes WHERE kind = 'dropped'")
    database.sql(ddl)
    api.listing("/things", [order(1, line(1, "y"))])
    assert pull.run().status == "completed"
    assert database.scalar("SELECT article FROM lines") == "y"


def test_a_dropped_child_table_is_noticed(api, database):
    pull = orders(api, database, [order(1, line(1))])
    pull.run()
    database.sql("DROP TABLE lines")
    assert database.sql("SELECT kind, field FROM tandem.schema_changes") == [("dropped", "lines[]")]
    assert pull.run().status == "failed"
    database.sql(database.scalar("SELECT ddl FROM tandem.schema_changes WHERE kind = 'dropped'"))
    assert pull.run().status == "completed"


@STYLES
def test_verification_names_records_whose_lines_differ(api, database, spec):
    pull = orders(api, database, [order(n, line(1), line(2)) for n in range(4)], spec)
    pull.run()
    database.sql("UPDATE lines SET qty = 7 WHERE order_id = 'o1' AND no = 2")
    database.sql("DELETE FROM lines WHERE order_id = 'o3'")
    number = database.scalar("SELECT tandem.verify_now('things')")
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,))
    found = database.sql("SELECT origin_id, column_name FROM tandem.run_differences(%s) ORDER BY 1", (number,))
    assert found == [("o1", "lines[]"), ("o3", "lines[]")]
    assert database.scalar("SELECT count(*) FROM lines") == 6, "nothing is written"


PRODUCTS = ("CREATE TABLE products (no bigint GENERATED ALWAYS AS IDENTITY (START 100) PRIMARY KEY, id text UNIQUE);"
            "CREATE TABLE lines (order_id text NOT NULL REFERENCES things, no int, product bigint NOT NULL REFERENCES products,"
            " PRIMARY KEY (order_id, no))")


def order_of(number, *products):
    return {"id": f"o{number}", "lines": [{"no": i + 1, "product": product} for i, product in enumerate(products)]}


def shop(api, database, orders_, products, missing="wait"):
    """Orders whose lines refer to what another mapping pulls."""
    api.listing("/things", orders_)
    api.listing("/products", [{"id": product} for product in products])
    none = {"style": "none"}
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "paging": none}, "products": {"path": "/products", "paging": none}})
    pull.table("id text PRIMARY KEY")
    database.sql(PRODUCTS)
    database.sql("SELECT tandem.create_mapping('products', 'things_api', 'products', 'products', '{\"id\": \"id\"}')")
    return pull.map({"id": "id", "lines[]": {"table": "lines", "parent": "order_id", "key": "no", "columns": {
        "no": "no", "product": {"column": "product", "reference": {"mapping": "products", "missing": missing}}}}})


def pull_products(database):
    number = database.scalar("SELECT tandem.sync_now('products')")
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,))


def test_lines_refer_to_rows_of_another_mapping(api, database):
    pull = shop(api, database, [order_of(1, "a", "b"), order_of(2, "a")], ["a", "b"])
    pull_products(database)
    run = pull.run()
    assert (run.status, run.created) == ("completed", 2)
    found = "SELECT l.order_id, l.no, p.id FROM lines l JOIN products p ON p.no = l.product ORDER BY 1, 2"
    assert database.sql(found) == [("o1", 1, "a"), ("o1", 2, "b"), ("o2", 1, "a")]
    assert pull.run(full=True).skipped == 2
    api.listing("/things", [order_of(1, "b", "b"), order_of(2, "a")])
    assert pull.run().updated == 1
    assert database.sql(found) == [("o1", 1, "b"), ("o1", 2, "b"), ("o2", 1, "a")]
    number = database.scalar("SELECT tandem.verify_now('things')")
    database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,))
    assert database.sql("SELECT * FROM tandem.run_differences(%s)", (number,)) == []


def test_a_record_waits_for_what_its_lines_refer_to(api, database):
    pull = shop(api, database, [order_of(1, "a", "late"), order_of(2, "a"), order_of(3, "never")], ["a"])
    pull_products(database)
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 1, 2)
    assert pull.errors("origin_id, code, message, field") == [
        ("o1", "TD425", "element 2 of lines[]: waits for record late of mapping products", "lines[].product"),
        ("o3", "TD425", "element 1 of lines[]: waits for record never of mapping products", "lines[].product")]
    assert database.scalar("SELECT count(*) FROM lines") == 1, "neither the record nor any of its lines"
    api.listing("/products", [{"id": "a"}, {"id": "late"}])
    pull_products(database)
    database.wait_for("SELECT count(*) = 2 FROM things")
    database.wait_for("SELECT count(*) = 1 FROM tandem.sync_errors WHERE resolved_at IS NULL")
    assert database.sql("SELECT order_id, count(*) FROM lines GROUP BY 1 ORDER BY 1") == [("o1", 2), ("o2", 1)]
    assert pull.errors("origin_id") == [("o3",)]


def test_a_record_whose_lines_a_foreign_key_refused_is_tried_again(api, database):
    pull = shop(api, database, [order_of(1, "a"), order_of(2, "late")], ["a"])
    pull_products(database)
    database.sql("ALTER TABLE lines DROP product, ADD product text REFERENCES products (id)")
    database.sql("""SELECT tandem.alter_mapping('things', '{"columns": {"lines[]": {"columns": {"product": null}}}}')""")
    database.sql("""SELECT tandem.alter_mapping('things', '{"columns": {"lines[]": {"columns": {"product": "product"}}}}')""")
    assert pull.run().status == "partial"
    assert pull.errors("origin_id, code") == [("o2", "TD403")]
    api.listing("/products", [{"id": "a"}, {"id": "late"}])
    pull_products(database)
    database.wait_for("SELECT count(*) = 2 FROM things")
    assert database.sql("SELECT order_id, product FROM lines ORDER BY 1") == [("o1", "a"), ("o2", "late")]


def test_a_line_whose_referred_row_must_be_there(api, database):
    pull = shop(api, database, [order_of(1, "a"), order_of(2, "none")], ["a"], missing="error")
    pull_products(database)
    assert pull.run().status == "partial"
    assert pull.errors("origin_id, code") == [("o2", "TD426")]


def test_orders_run_after_what_their_lines_refer_to(api, database):
    shop(api, database, [], [])
    assert database.sql("SELECT name FROM tandem._mapping m WHERE refers_to = '{products}' AND rank = 1", user="postgres") == [("things",)]


def explained(database, arguments=""):
    return "\n".join(row[0] for row in database.sql(f"SELECT tandem.explain_mapping('things'{arguments})"))


@STYLES
def test_explain_shows_the_child_table_with_plans(api, database, spec):
    orders(api, database, [order(1, line(1))], spec)
    text = explained(database)
    text = text[text.index("Child table public.lines, of lines[]"):text.index("Locks and triggers")]
    assert "id of its row -> order_id" in text and "sku -> sku text" in text
    assert "DELETE FROM public.lines" in text and "Delete on lines" in text and "Insert on lines" in text
    assert "KEY SHARE on rows of public.things" in text
    assert "actual time" not in text


@STYLES
def test_explain_measures_the_child_table_and_undoes_it(api, database, spec):
    pull = orders(api, database, [order(1, line(1), line(2))], spec)
    pull.run()
    api.listing("/things", [order(1, line(2, "z"), line(3)), order(2, line(1, "b")), order(3)])
    text = explained(database, ', "execute" => true')
    text = text[text.index("Executed and undone"):]
    assert "Child table public.lines, of lines[]: 3 elements" in text
    child = text[text.index("Child table"):]
    assert "Delete on lines" in child and "Insert on lines" in child and child.count("Execution Time") >= 2
    assert lines_of(database, "order_id, no, sku") == [("o1", 1, "a"), ("o1", 2, "a")]
    api.listing("/things", [order(1, line(1, "a", -1)), order(2, "bad")])
    text = explained(database, ', "execute" => true')
    assert "1 records have a bad element" in text and "lines_qty_check" in text


def test_a_locked_child_table_holds_the_page_back_not_the_worker(api, database):
    pull = orders(api, database, [order(1, line(1))])
    with database.connect(autocommit=False) as other:
        other.execute("LOCK TABLE lines")
        number = pull.start()
        database.wait_for("SELECT EXISTS (SELECT FROM tandem._run WHERE waiting_on LIKE '%lines%')")
        other.rollback()
    assert database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,)) == "completed"
    assert database.scalar("SELECT count(*) FROM lines") == 1
