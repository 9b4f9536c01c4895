"""The rows of a query go out: what is new, changed or gone since they were sent last, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cluster import SUPERUSER, wait_until
from push import FIELDS, Push, batched, writable

TABLE = "id integer PRIMARY KEY, customer text, qty integer, amount numeric, paid boolean DEFAULT true"
VIEW = "SELECT customer, sum(qty)::int AS qty, sum(amount) AS amount FROM orders WHERE paid GROUP BY customer"
QUERY = "SELECT customer, qty, amount FROM totals"
COLUMNS = {"name": "customer", "qty": "qty", "amount": "amount"}


class Source(Push):
    """Mapping `things` sends the rows of view totals over table orders."""

    def source(self, query: str = QUERY, key: Any = ("customer",), columns: Any = None, options: dict[str, Any] | None = None,
               **arguments: Any) -> Source:
        options = {"source_query": query, "source_key": list(key), **(options or {})}
        self.map(columns or COLUMNS, "totals", options=options, **arguments)
        self.quiet()
        wait_until(lambda: self.compared()[0] is not None or self.database.scalar("SELECT status = 'error' FROM tandem.mapping_status"), 60, "the first comparison")
        return self.idle()

    def idle(self) -> Source:
        wait_until(lambda: not self.database.scalar("SELECT EXISTS (SELECT FROM tandem._run WHERE status IN ('pending', 'running'))", user=SUPERUSER), 60, "no run")
        return self

    def compared(self) -> tuple:
        return self.database.sql("SELECT nullif(compared_at IS NOT NULL, false), compared_new, compared_changed, compared_removed FROM tandem.mapping_status WHERE mapping = %s", (self.name,))[0]

    def sync(self) -> Any:
        run = self.idle().run()
        self.quiet()
        return run


def totals(crm, database, spec=None, kind=None, config=None, **arguments):
    things = crm.kind("things", FIELDS, **(kind or {}))
    push = Source(database).connect(crm.url, {"things": spec or writable()}, **(config or {}))
    push.do(f"CREATE TABLE orders ({TABLE}); CREATE VIEW totals AS {VIEW}")
    push.do("INSERT INTO orders VALUES (1, 'Ann', 1, 1.50), (2, 'Ann', 2, 2.50), (3, 'Bob', 3, 3)")
    return push.source(**arguments), things


def shown(things) -> list[tuple]:
    return sorted(things.all("name", "qty", "amount").values())


def test_new_changed_and_removed_rows_go_and_others_cost_nothing(crm, database):
    push, things = totals(crm, database)
    assert shown(things) == [("Ann", 3, Decimal("4.00")), ("Bob", 3, Decimal("3"))]
    assert push.compared()[1:] == (2, 0, 0)
    before = len(crm.requests())
    run = push.sync()
    assert (run.status, run.created, run.updated, run.deleted) == ("completed", 0, 0, 0)
    assert len(crm.requests()) == before and push.compared()[1:] == (0, 0, 0)
    push.do("INSERT INTO orders VALUES (4, 'Cyd', 4, 4)")
    push.do("UPDATE orders SET qty = 20 WHERE id = 2")
    push.do("UPDATE orders SET paid = false WHERE customer = 'Bob'")
    assert len(crm.requests()) == before, "nothing is captured"
    run = push.sync()
    assert (run.kind, run.status, run.created, run.updated, run.deleted) == ("push", "completed", 1, 1, 1)
    assert push.compared()[1:] == (1, 1, 1)
    assert shown(things) == [("Ann", 21, Decimal("4.00")), ("Cyd", 4, Decimal("4"))]
    push.do("UPDATE orders SET paid = true")
    push.sync()
    assert [name for name, *_ in shown(things)] == ["Ann", "Bob", "Cyd"]
    assert push.compared()[1:] == (1, 0, 0)
    assert database.scalar("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'tandem_capture%'") == 0


def test_an_empty_query_deletes_nothing_until_a_person_says_so(crm, database):
    push, things = totals(crm, database)
    push.do("DELETE FROM orders")
    run = push.sync()
    assert run.status == "partial" and "2 rows are gone" in run.message
    assert len(shown(things)) == 2
    assert database.sql("SELECT local_key, reason FROM tandem.pending_deletes ORDER BY 1") == [
        ({"customer": "Ann"}, "too many"), ({"customer": "Bob"}, "too many")]
    assert database.sql("SELECT status, next_step FROM tandem.mapping_status") == [("partial", "SELECT tandem.approve_deletes('things', 2);")]
    approved = database.scalar("SELECT tandem.approve_deletes('things', 1)")
    database.scalar("SELECT tandem.wait_for_run(%s)", (approved,))
    assert len(shown(things)) == 1 and database.scalar("SELECT count(*) FROM tandem.pending_deletes") == 1
    push.do("INSERT INTO orders VALUES (1, 'Ann', 3, 4.00), (3, 'Bob', 3, 3)")
    assert push.sync().status == "completed"
    assert len(shown(things)) == 2 and database.scalar("SELECT count(*) FROM tandem.pending_deletes") == 0


def test_more_than_the_brake_lets_go(crm, database):
    push, things = totals(crm, database, spec=batched())
    push.do("INSERT INTO orders SELECT i, 'c' || i, i, i FROM generate_series(10, 39) i")
    push.sync()
    assert len(shown(things)) == 32
    push.do("DELETE FROM orders WHERE id >= 20")
    push.do("UPDATE orders SET qty = 100 WHERE id = 3")
    run = push.sync()
    assert (run.status, run.updated, run.deleted) == ("partial", 1, 0)
    assert len(shown(things)) == 32 and ("Bob", 100, Decimal("3")) in shown(things)
    push.do("DELETE FROM orders WHERE id = 10")
    approved = database.scalar("SELECT tandem.approve_deletes('things', 21)")
    database.scalar("SELECT tandem.wait_for_run(%s)", (approved,))
    assert len(shown(things)) == 11
    push.do("DELETE FROM orders WHERE id = 11")
    assert push.sync().deleted == 1, "one of eleven may go"


def test_a_row_that_failed_waits_until_it_is_another_one(crm, database):
    push, things = totals(crm, database, kind={"required": ("amount",)})
    push.do("INSERT INTO orders VALUES (4, 'Cyd', 4, NULL)")
    assert push.sync().status == "partial"
    before = len(crm.requests())
    for _ in range(2):
        push.sync()
    assert len(crm.requests()) == before, "it is not sent by each comparison"
    assert [state for _, _, state, *_ in push.items()] == ["f"]
    push.do("UPDATE orders SET amount = 4 WHERE id = 4")
    push.sync()
    assert ("Cyd", 4, Decimal("4")) in shown(things) and push.errors() == []
    push.do("UPDATE orders SET amount = NULL WHERE id = 4")
    push.sync()
    assert push.errors("code") != []
    push.do("UPDATE orders SET amount = 4 WHERE id = 4")
    before = len(crm.requests())
    push.sync()
    assert push.errors() == [] and push.items() == [] and len(crm.requests()) == before, "it is as it was sent"


def test_rows_that_cannot_be_told_apart_send_nothing(crm, database):
    push, things = totals(crm, database)
    push.do("CREATE OR REPLACE VIEW totals AS SELECT customer, qty, amount FROM orders WHERE paid")
    run = push.sync()
    assert (run.status, run.code) == ("failed", "TD433") and '{"customer": "Ann"}' in run.message
    assert database.scalar("SELECT status FROM tandem.mapping_status") == "error"
    push.do("DELETE FROM orders WHERE id = 2")
    push.do("INSERT INTO orders VALUES (5, NULL, 5, 5)")
    run = push.sync()
    assert (run.status, run.code) == ("failed", "TD433") and "1 row with null in source_key" in run.message
    assert shown(things) == [("Ann", 3, Decimal("4.00")), ("Bob", 3, Decimal("3"))]
    push.do("DELETE FROM orders WHERE id = 5")
    assert push.sync().status == "completed"
    assert ("Ann", 1, Decimal("1.50")) in shown(things)
    assert database.scalar("SELECT status FROM tandem.mapping_status") == "ready"


def test_a_query_that_fails_ends_the_run_and_changes_nothing(crm, database):
    push, things = totals(crm, database, query="SELECT customer, 6 / qty AS qty, amount FROM totals")
    push.do("UPDATE orders SET qty = 0 WHERE id = 3")
    run = push.sync()
    assert (run.status, run.code) == ("failed", "TD434") and "division by zero" in run.message
    assert len(shown(things)) == 2
    push.do("DELETE FROM orders WHERE id = 3")
    push.do("INSERT INTO orders VALUES (4, 'Bob', 1, 3)")
    assert push.sync().status == "completed"
    assert ("Bob", 6, Decimal("3")) in shown(things)


def test_a_query_may_not_write(crm, database):
    push, things = totals(crm, database)
    push.do("CREATE TABLE seen (n int)")
    push.do("CREATE FUNCTION note(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (n); RETURN n; END $$")
    push.do("CREATE OR REPLACE VIEW totals AS SELECT customer, note(sum(qty)::int) AS qty, sum(amount) AS amount FROM orders GROUP BY customer")
    run = push.sync()
    assert (run.status, run.code) == ("failed", "TD434") and "read-only transaction" in run.message


def test_another_query_sends_what_differs(crm, database):
    push, things = totals(crm, database)
    options = '{"options": {"source_query": "SELECT customer, qty * 2 AS qty, amount FROM totals WHERE amount > 3.5"}}'
    database.sql("SELECT tandem.alter_mapping('things', %s::jsonb)", (options,))
    push.sync()
    assert shown(things) == [("Ann", 6, Decimal("4.00"))]


def test_values_and_keys_of_all_kinds_are_told_apart_exactly(crm, database):
    push = Source(database).connect(crm.url, {"things": writable()})
    things = crm.kind("things", FIELDS)
    push.do("CREATE TABLE marks (day date, at timestamptz, weight float8, flag boolean, code char(4), note text)")
    push.do("INSERT INTO marks SELECT '2026-01-31', '2026-01-31 23:30+00', 0.1::float8 + 0.2::float8, m.* FROM (VALUES (true, 'a', ''), (false, 'a', NULL), (true, 'b', 'NULL')) m")
    push.do("CREATE VIEW totals AS SELECT *, at::date AS local FROM marks")
    push.database.sql(f"ALTER ROLE {database.owner} SET TimeZone = 'Asia/Tokyo'", user=SUPERUSER)
    push.database.sql(f"ALTER ROLE {database.owner} SET extra_float_digits = 0", user=SUPERUSER)
    push.source("SELECT * FROM totals", ("day", "at", "weight", "flag", "code", "local"), {"name": "note", "flag": "flag"})
    assert sorted(map(repr, things.all("name", "flag").values())) == sorted(map(repr, [("", True), (None, False), ("NULL", True)]))
    before = len(crm.requests())
    push.sync()
    assert push.compared()[1:] == (0, 0, 0) and len(crm.requests()) == before
    push.do("UPDATE marks SET note = NULL WHERE note = ''")
    push.do("UPDATE marks SET note = '' WHERE NOT flag")
    push.sync()
    assert push.compared()[1:] == (0, 2, 0)
    keys = [key for key, in database.sql("SELECT local_key FROM tandem.contracts")]
    assert {"day": "2026-01-31", "at": "2026-01-31 23:30:00+00", "weight": "0.30000000000000004", "flag": "t", "code": "b   ", "local": "2026-02-01"} in keys
    assert sorted(map(repr, things.all("name", "flag").values())) == sorted(map(repr, [(None, True), ("", False), ("NULL", True)]))


def test_a_schedule_compares(crm, database):
    push, things = totals(crm, database, schedule="every 1 second")
    push.do("INSERT INTO orders VALUES (4, 'Cyd', 4, 4)")
    wait_until(lambda: len(shown(things)) == 3, 60, "a row of a later comparison")


def test_the_rows_of_its_owner_alone_are_sent(crm, database):
    push = Source(database).connect(crm.url, {"things": writable()})
    things = crm.kind("things", FIELDS)
    database.sql(f"CREATE TABLE public.orders ({TABLE}); GRANT SELECT ON public.orders TO {database.owner};"
                 "INSERT INTO public.orders VALUES (1, 'Ann', 1, 1), (2, 'Bob', 2, 2);"
                 "ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;"
                 f"CREATE POLICY own ON public.orders TO {database.owner} USING (customer = 'Ann')", user=SUPERUSER)
    push.do("CREATE VIEW totals WITH (security_invoker = true) AS SELECT id, customer, qty, amount FROM orders")
    push.source("SELECT * FROM totals", ("id",))
    assert shown(things) == [("Ann", 1, Decimal("1"))]


def test_the_verbs_know_rows_by_the_key_of_the_query(crm, database):
    push, things = totals(crm, database)
    push.do("INSERT INTO orders VALUES (4, 'Cyd', 4, 4)")
    preview = database.sql("SELECT action, local_key, record ->> 'qty' FROM tandem.preview_mapping('things') ORDER BY local_key ->> 'customer'")
    assert preview == [("unchanged", {"customer": "Ann"}, None), ("unchanged", {"customer": "Bob"}, None), ("create", {"customer": "Cyd"}, "4")]
    assert database.scalar("""SELECT tandem.resync('things', '[{"customer": "Cyd"}, {"customer": "Ann"}]')""") == 2
    assert database.scalar("""SELECT tandem.wait_for_sync('things', '{"customer": "Cyd"}', '30 s')""") == "synced"
    assert [name for name, *_ in shown(things)] == ["Ann", "Bob", "Cyd"]
    assert database.scalar("""SELECT value FROM tandem.explain_row('things', '{"customer": "Cyd"}') WHERE column_name = 'qty'""") == "4"
    push.sync()
    assert push.compared()[1:] == (0, 0, 0), "what was sent by itself is known"
    things.delete(next(iter(things.all())))
    push.do("UPDATE orders SET qty = 9")
    push.sync()
    assert [qty for _, qty, _ in shown(things)] == [18, 9, 9], "what is gone there is made anew"


def test_who_asks_while_what_waits_is_sent_gets_a_comparison_after_it(crm, database):
    push, things = totals(crm, database)
    push.idle()
    crm.fault("late", times=1, method="PATCH", seconds=2)
    push.do("UPDATE orders SET qty = 30 WHERE id = 3")
    database.scalar("""SELECT tandem.resync('things', '[{"customer": "Bob"}]')""")
    wait_until(lambda: database.scalar("""SELECT EXISTS (SELECT FROM tandem._run WHERE status = 'running' AND NOT "full")""", user=SUPERUSER), 60, "a run that sends")
    push.do("INSERT INTO orders VALUES (4, 'Cyd', 4, 4)")
    push.start()
    wait_until(lambda: len(shown(things)) == 3, 60, "the row of the comparison")
    assert ("Bob", 30, Decimal("3")) in shown(things)


def test_many_rows_are_compared_in_little_time(crm, database):
    things = crm.kind("things", FIELDS)
    push = Source(database).connect(crm.url, {"things": batched(100)})
    push.do(f"CREATE TABLE orders ({TABLE}); CREATE VIEW totals AS {VIEW}")
    push.do("INSERT INTO orders SELECT i, 'c' || i / 2, 1, i FROM generate_series(2, 4001) i")
    push.do("CREATE INDEX ON orders (customer); ANALYZE orders")
    push.source()
    assert len(shown(things)) == 2000
    before = len(crm.requests())
    push.do("UPDATE orders SET qty = 5 WHERE id IN (10, 20)")
    run = push.sync()
    assert (run.updated, run.created, run.deleted) == (2, 0, 0) and len(crm.requests()) <= before + 2
