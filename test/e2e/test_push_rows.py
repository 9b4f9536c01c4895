"""Local changes reach the other side: which request each becomes, what it carries, in which order they go."""

from __future__ import annotations

from decimal import Decimal

import pytest
from cluster import wait_until
from push import Push, pushed, same, writable


def ops(crm, id_=None):
    return [(m.op, m.given) for m in crm.accepted("things", id_)]


def test_insert_update_delete(crm, database):
    push, things = pushed(crm, database)
    push.do("INSERT INTO things (id, key, name, qty, amount, flag) VALUES (1, 'k', 'bolt', 5, 1.50, true)")
    push.quiet()
    push.do("UPDATE things SET qty = 6 WHERE id = 1")
    push.quiet()
    push.do("DELETE FROM things WHERE id = 1")
    push.quiet()
    assert ops(crm) == [
        ("create", {"key": "k", "name": "bolt", "qty": 5, "amount": Decimal("1.50"), "flag": True}), ("update", {"qty": 6}), ("delete", {})]


def test_nulls_clear_and_digits_stay(crm, database):
    push, things = pushed(crm, database)
    push.do("INSERT INTO things VALUES (1, 'k', E'q\"\\\\\\n\\u00e9\\U0001F600', 2147483647, 12345678901234567890.12345678900, false)")
    push.quiet()
    [record] = things.all().values()
    assert record["name"] == 'q"\\\né😀' and str(record["amount"]) == "12345678901234567890.12345678900" and record["flag"] is False
    push.do("UPDATE things SET name = NULL, flag = NULL")
    push.quiet()
    assert ops(crm)[-1] == ("update", {"name": None, "flag": None})


def test_what_is_rolled_back_is_not_sent(crm, database):
    push, things = pushed(crm, database)
    with database.connect(autocommit=False) as session:
        session.execute("INSERT INTO things (id, name) VALUES (1, 'never')")
        session.rollback()
        session.execute("INSERT INTO things (id, name) VALUES (2, 'kept')")
        session.execute("SAVEPOINT s")
        session.execute("INSERT INTO things (id, name) VALUES (3, 'undone')")
        session.execute("ROLLBACK TO s")
        session.commit()
    push.quiet()
    assert list(things.all("name").values()) == [("kept",)]


def test_an_update_of_other_columns_is_no_change(crm, database):
    push, things = pushed(crm, database, table="id integer PRIMARY KEY, key text, name text, qty integer, amount numeric, flag boolean, mine text")
    push.do("INSERT INTO things (id, name) VALUES (1, 'a')")
    push.quiet()
    push.do("UPDATE things SET mine = 'x'")
    push.do("UPDATE things SET name = name")
    push.do("INSERT INTO things (id, name) VALUES (2, 'b')")
    push.quiet()
    assert [op for op, _ in ops(crm)] == ["create", "create"]


def test_changes_of_a_row_that_wait_become_one(crm, database):
    push, things = pushed(crm, database)
    push.do("INSERT INTO things (id, name, qty) VALUES (1, 'a', 1), (4, 'd', 1)")
    push.quiet()
    database.sql("SELECT tandem.pause_mapping('things')")
    for qty in range(2, 7):
        push.do("UPDATE things SET qty = %s WHERE id = 1", (qty,))
    push.do("INSERT INTO things (id, name) VALUES (2, 'b')")
    push.do("UPDATE things SET qty = 7 WHERE id = 2")
    push.do("INSERT INTO things (id, name) VALUES (3, 'gone before it was sent')")
    push.do("DELETE FROM things WHERE id = 3")
    push.do("DELETE FROM things WHERE id = 4")
    push.do("INSERT INTO things (id, name, qty) VALUES (4, 'D', 4)")
    assert crm.accepted("things")[2:] == []
    database.sql("SELECT tandem.resume_mapping('things')")
    push.quiet()
    sent = crm.accepted("things")[2:]
    assert len(sent) <= 4
    assert [m.given for m in sent if m.after and m.after["name"] == "a"] == [{"qty": 6}]
    assert same(push, things, "name", "qty")


def test_rows_of_every_kind_of_statement(crm, database):
    push, things = pushed(crm, database)
    with database.connect() as session:
        with session.cursor().copy("COPY things (id, name, qty) FROM STDIN") as copy:
            for i in range(10):
                copy.write_row((i, f"n{i}", i))
    push.do("INSERT INTO things (id, name) VALUES (3, 'x'), (20, 'y') ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name")
    push.do("MERGE INTO things t USING (VALUES (4, 'm'), (21, 'n')) AS v (id, name) ON t.id = v.id"
            " WHEN MATCHED THEN UPDATE SET name = v.name WHEN NOT MATCHED THEN INSERT (id, name) VALUES (v.id, v.name)")
    push.do("UPDATE things SET id = id + 100 WHERE id = 5")
    push.do("WITH gone AS (DELETE FROM things WHERE id = 6 RETURNING *) INSERT INTO things SELECT 30, key, name, qty FROM gone")
    push.quiet()
    assert same(push, things, "name", "qty")


def test_what_truncate_takes_goes_too(crm, database):
    push, things = pushed(crm, database)
    push.do("INSERT INTO things (id, name) SELECT i, 'n' || i FROM generate_series(1, 20) i")
    push.quiet()
    assert len(things.all()) == 20
    push.do("TRUNCATE things")
    push.do("INSERT INTO things (id, name) VALUES (1, 'again')")
    push.quiet()
    assert list(things.all("name").values()) == [("again",)]


def test_partitions(crm, database):
    push, things = pushed(crm, database, table="id integer, key text, name text, qty integer, amount numeric, flag boolean,"
                                               " PRIMARY KEY (id)) PARTITION BY RANGE (id")
    push.do("CREATE TABLE things_1 PARTITION OF things FOR VALUES FROM (0) TO (100)")
    push.do("CREATE TABLE things_2 PARTITION OF things FOR VALUES FROM (100) TO (200)")
    push.do("INSERT INTO things (id, name) VALUES (1, 'a'), (150, 'b')")
    push.do("INSERT INTO things_2 (id, name) VALUES (160, 'c')")
    push.do("UPDATE things SET id = 151 WHERE id = 1")
    push.quiet()
    assert same(push, things, "name")



def test_upserts_by_our_key(crm, database):
    push, things = pushed(crm, database, kind={"unique": "key"}, spec=writable(
        key="key", upsert={"path": "/things/by/key/{key}"}, create=None, update=None))
    things.create(key="k1", name="was there", qty=9)
    push.do("INSERT INTO things (id, key, name) VALUES (1, 'k1', 'a'), (2, 'k/2 é', 'b')")
    push.quiet()
    push.do("UPDATE things SET name = 'c' WHERE id = 2")
    push.quiet()
    assert sorted(things.all("key", "name").values()) == [("k/2 é", "c"), ("k1", "a")]


@pytest.mark.parametrize("initial", ["none"])
def test_rows_that_were_there_before(crm, database, initial):
    database.sql("CREATE TABLE things (id integer PRIMARY KEY, key text, name text, qty integer, amount numeric, flag boolean)")
    database.sql("INSERT INTO things (id, name) SELECT i, 'n' || i FROM generate_series(1, 30) i")
    things = crm.kind("things", {"key": str, "name": str, "qty": int, "amount": Decimal, "flag": bool})
    push = Push(database).connect(crm.url, {"things": writable()}).map(options={"initial": initial})
    push.do("INSERT INTO things (id, name) VALUES (99, 'new')")
    push.quiet()
    wait_until(lambda: len(things.all()) == (31 if initial == "all" else 1), what="what is sent")


def test_many_requests_are_under_way_at_once_but_one_for_each_row(crm, database):
    push, things = pushed(crm, database, config={"max_in_flight": 8})
    push.do("INSERT INTO things (id, name, qty) SELECT i, 'n' || i, 0 FROM generate_series(1, 16) i")
    push.quiet()
    crm.forget()
    crm.delay = 0.1
    for qty in range(1, 6):
        push.do("UPDATE things SET qty = %s", (qty,))
    push.quiet()
    requests = [r for r in crm.requests() if r.method == "PATCH"]
    moments = [(r.at, r.answered_at, r.path) for r in requests]
    most = max(sum(1 for b, e, _ in moments if b <= at < e) for at, _, _ in moments)
    assert 4 <= most <= 8
    for at, end, path in moments:
        assert not [1 for b, _, p in moments if p == path and at < b < end], "two requests for one row at once"
    assert same(push, things, "name", "qty")
    for id_ in things.all():
        sent = [m.given["qty"] for m in crm.accepted("things", id_) if m.op == "update"]
        assert sent == sorted(sent) and sent[-1] == 5


def test_conditions_decide_on_rows(crm, database):
    push, things = pushed(crm, database, conditions={">": [{"var": "qty"}, 10]})
    push.do("INSERT INTO things (id, name, qty) VALUES (1, 'small', 1), (2, 'large', 20)")
    push.quiet()
    assert list(things.all("name").values()) == [("large",)]
    push.do("UPDATE things SET qty = 30 WHERE id = 1")
    push.quiet()
    assert sorted(things.all("name").values()) == [("large",), ("small",)]


@pytest.mark.parametrize("unmatched", ["leave", "delete"])
def test_a_row_that_stops_matching(crm, database, unmatched):
    push, things = pushed(crm, database, conditions={">": [{"var": "qty"}, 10]}, options={"unmatched": unmatched})
    push.do("INSERT INTO things (id, name, qty) VALUES (1, 'a', 20), (2, 'b', 30)")
    push.quiet()
    push.do("UPDATE things SET qty = 1 WHERE id = 1")
    push.do("UPDATE things SET qty = 40 WHERE id = 2")
    push.quiet()
    assert sorted(things.all("name", "qty").values()) == ([("a", 20)] if unmatched == "leave" else []) + [("b", 40)]


def test_a_long_transaction_loses_nothing(crm, database):
    """What was captured first commits last."""
    push, things = pushed(crm, database)
    with database.connect(autocommit=False) as slow:
        slow.execute("INSERT INTO things (id, name) VALUES (1, 'slow')")
        push.do("INSERT INTO things (id, name) SELECT i, 'n' || i FROM generate_series(2, 50) i")
        wait_until(lambda: len(things.all()) == 49, what="the others")
        push.do("UPDATE things SET qty = 1 WHERE id = 2")
        wait_until(lambda: len(crm.accepted("things")) == 50, what="an update of one")
        slow.commit()
    push.quiet()
    wait_until(lambda: len(things.all()) == 50, what="the slow one")
