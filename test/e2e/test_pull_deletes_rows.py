"""Whose row is it? Records that come under other ids or in other spellings, and what becomes of their rows."""

import pytest

from pull import Pull
from servers import Answer


@pytest.mark.parametrize("bad", [{"qty": "many"}, {"qty": -1}, {"qty": -2}, {"qty": 99}])
def test_a_record_under_another_id_that_does_not_go_in_keeps_its_row(api, database, bad):
    def people(*ids, **changed):
        return [{"id": i, "email": f"{'ann' if n == 0 else i}@example.com", "qty": n, **(changed if n == 0 else {})} for n, i in enumerate(ids)]

    api.listing("/things", people("p1", "p2", "p3"))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}})
    pull.table("number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text UNIQUE, qty integer CHECK (qty <> -1)")
    database.sql("""CREATE FUNCTION pass_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
                    CREATE TRIGGER pass_over BEFORE INSERT OR UPDATE ON things FOR EACH ROW WHEN (new.qty = -2) EXECUTE FUNCTION pass_over()""")
    pull.map({"email": "email", "qty": "qty"}, match_on=["email"], delete_mode="hard", conditions='{"!=": [{"var": "qty"}, 99]}')
    assert pull.run().created == 3
    api.listing("/things", people("p9", "p2", **bad))
    run = pull.run()
    assert (run.deleted, run.updated) == (1, 0), "p3 is gone, and ann is not"
    assert pull.rows("email, qty", "1") == [("ann@example.com", 0), ("p2@example.com", 1)]
    assert database.scalar("SELECT count(*) FROM tandem._verified", user="postgres") == 0
    api.listing("/things", people("p9", "p2", qty=7))
    run = pull.run()
    assert (run.deleted, run.updated, len(pull.rows())) == (0, 1, 2)
    api.listing("/things", people("p9"))
    assert pull.run().deleted == 1


def test_a_record_whose_row_cannot_be_told_leaves_nothing_proven(api, database):
    source = [{"id": n, "name": f"thing {n}"} for n in range(30)]
    api.listing("/things", source)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table("id bigint PRIMARY KEY, name text")
    pull.map({"id": "id", "name": "name"}, delete_mode="hard")
    pull.run()
    api.listing("/things", [{**source[0], "id": "0a"}, *source[1:]])
    run = pull.run()
    assert (run.status, run.failed, run.deleted, run.code) == ("partial", 1, 0, "TD413")
    assert "which row is that of record 0a cannot be told" in run.message
    assert len(pull.rows()) == 30
    api.listing("/things", source[1:])
    assert pull.run().deleted == 1


@pytest.mark.parametrize("key", ["bigint", "integer", "numeric"])
def test_a_number_that_is_written_in_two_ways_is_one_row(api, database, key):
    body = ",".join(f'{{"id":{id_},"name":"{name}"}}' for id_, name in [("7", "a"), ("7.0", "b"), ('"7"', "c"), ("70e-1", "d"), ("8", "e")])
    api.route("/things", Answer(f'{{"items":[{body}]}}'))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table(f"id {key} PRIMARY KEY, name text")
    pull.map({"id": "id", "name": "name"}, delete_mode="hard")
    run = pull.run()
    assert run.status == "partial"
    assert [row[:2] for row in pull.errors()] == [("7.0", "TD416"), ("70e-1", "TD416")]
    assert len(pull.rows()) == 2


def test_rows_that_are_found_by_jsonb_go(api, database):
    source = [{"id": 7, "name": "a"}, {"id": "7", "name": "b"}, {"id": 8.5, "name": "c"}, {"id": "x", "name": "d"}, {"id": True, "name": "e"}]
    api.listing("/things", source[1:])
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table("id jsonb PRIMARY KEY, name text")
    pull.map({"id": "id", "name": "name"}, delete_mode="hard")
    assert pull.run().created == 4
    api.listing("/things", source[1:2])
    run = pull.run()
    assert (run.deleted, pull.rows("name")) == (3, [("b",)]), run.message
    api.listing("/things", source[:1])
    pull.run()
    assert pull.rows("name") == [("a",), ("b",)], "7 and \"7\" have one id: a row that another value has taken its contract from stays"


def test_letters_that_are_others_are_other_rows(api, database):
    database.sql("CREATE EXTENSION citext", user="postgres")
    api.listing("/things", [{"id": "Éva"}, {"id": "Öva"}, {"id": "ann"}])
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table("id citext PRIMARY KEY")
    pull.map({"id": "id"}, delete_mode="hard")
    assert pull.run().created == 3
    api.listing("/things", [{"id": "öva"}, {"id": "ann"}])
    assert pull.run().deleted == 1
    assert pull.rows("lower(id::text)") == [("ann",), ("öva",)]
