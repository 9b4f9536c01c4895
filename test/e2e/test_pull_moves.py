"""Columns of match_on find a row the first time. When their values change at the source, the row follows its record."""

import pytest

from pull import Pull

PEOPLE = "number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text UNIQUE, name text, mine text"


def person(number, email=None, name=None):
    return {"id": f"p{number}", "email": email or f"p{number}@example.com", "name": name or f"n{number}"}


def people(api, database, records, table=PEOPLE, columns=None, match_on=("email",), **arguments):
    api.listing("/things", records)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table(table)
    return pull.map(columns or {"email": "email", "name": "name"}, match_on=list(match_on), **arguments)


@pytest.mark.parametrize("delete_mode", ["ignore", "hard"])
def test_a_row_follows_its_record(api, database, delete_mode):
    pull = people(api, database, [person(1), person(2)], delete_mode=delete_mode)
    pull.run()
    database.sql("UPDATE things SET mine = 'kept' WHERE email = 'p1@example.com'")
    api.listing("/things", [person(1, "new@example.com"), person(2)])
    run = pull.run()
    assert (run.status, run.created, run.updated, run.skipped, run.deleted) == ("completed", 0, 1, 1, 0)
    assert pull.rows("number, email, name, mine") == [(1, "new@example.com", "n1", "kept"), (2, "p2@example.com", "n2", None)]
    api.listing("/things", [person(1, "newer@example.com", "other"), person(2)])
    run = pull.run()
    assert (run.created, run.updated) == (0, 1)
    assert pull.rows("number, email, name")[0] == (1, "newer@example.com", "other")
    assert pull.run().skipped == 2
    assert database.sql("SELECT local_key ->> 'email' FROM tandem.contracts WHERE origin_id = 'p1'") == [("newer@example.com",)]


def test_rows_move_up_one_behind_the_other(api, database):
    pull = people(api, database, [person(n, f"place {n}") for n in range(20)], delete_mode="hard")
    pull.run()
    api.listing("/things", [person(n, f"place {n + 1}") for n in range(20)])
    run = pull.run()
    assert (run.created, run.updated, run.deleted) == (0, 20, 0)
    assert pull.rows("number, email, name") == [(n + 1, f"place {n + 1}", f"n{n}") for n in range(20)]


def test_records_that_change_places_change_rows(api, database):
    pull = people(api, database, [person(1), person(2), person(3)], delete_mode="hard")
    pull.run()
    api.listing("/things", [person(1, "p2@example.com"), person(2, "p1@example.com"), person(3)])
    run = pull.run()
    assert (run.status, run.updated, run.created, run.deleted) == ("completed", 2, 0, 0)
    assert pull.rows("email, name") == [("p1@example.com", "n2"), ("p2@example.com", "n1"), ("p3@example.com", "n3")]
    assert pull.run().skipped == 3


@pytest.mark.parametrize("delete_mode, left", [("ignore", 3), ("hard", 2)])
def test_a_place_that_is_taken_is_the_records_row_from_now_on(api, database, delete_mode, left):
    pull = people(api, database, [person(1), person(2)], delete_mode=delete_mode)
    pull.run()
    database.sql("INSERT INTO things (email, mine) VALUES ('taken@example.com', 'was here')")
    api.listing("/things", [person(1, "taken@example.com"), person(2)])
    run = pull.run()
    assert (run.status, run.created, run.updated, run.skipped) == ("completed", 0, 1, 1)
    assert run.deleted == 3 - left
    assert database.sql("SELECT name, mine FROM things WHERE email = 'taken@example.com'") == [("n1", "was here")]
    assert len(pull.rows()) == left


def test_a_row_that_two_records_have_stays_the_others(api, database):
    pull = people(api, database, [person(1, "both@example.com")], delete_mode="hard")
    pull.run()
    api.listing("/things", [person(2, "both@example.com")])
    pull.run()
    api.listing("/things", [person(1, "both@example.com")])
    pull.run()
    database.sql("UPDATE tandem._contract SET deleted_at = NULL", user="postgres")  # as pages far apart would leave them
    api.listing("/things", [person(1, "own@example.com"), person(2, "both@example.com")])
    run = pull.run()
    assert (run.status, run.deleted) == ("completed", 0)
    assert [row[0] for row in pull.rows("email")] == ["both@example.com", "own@example.com"]


def test_a_row_that_cannot_follow_costs_its_record_only(api, database):
    pull = people(api, database, [person(1), person(2), person(3)], delete_mode="hard")
    pull.run()
    database.psql("CREATE TABLE logins (email text REFERENCES things (email)); INSERT INTO logins VALUES ('p2@example.com')")
    api.listing("/things", [person(1, "a@example.com"), person(2, "b@example.com"), person(3, "c@example.com")])
    run = pull.run()
    assert (run.status, run.updated, run.created, run.failed) == ("partial", 2, 0, 1)
    assert [row[0] for row in pull.rows("email")] == ["a@example.com", "c@example.com", "p2@example.com"]
    assert pull.errors("origin_id, error_type")[0][0] == "p2"
    database.sql("DELETE FROM logins")
    run = pull.run()
    assert (run.status, run.updated) == ("completed", 1)
    assert [row[0] for row in pull.rows("email")] == ["a@example.com", "b@example.com", "c@example.com"]
    assert pull.errors() == []


def test_a_row_moves_to_another_partition(api, database):
    def listed(*regions):
        api.listing("/things", [{"id": i, "region": region} for i, region in enumerate(regions)])

    listed("eu", "us", "eu")
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}})
    database.psql("""CREATE TABLE things (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
                     CREATE TABLE eu PARTITION OF things FOR VALUES IN ('eu'); CREATE TABLE us PARTITION OF things FOR VALUES IN ('us');""")
    pull.map({"id": "id", "region": "region"}, match_on=["id", "region"], delete_mode="hard")
    pull.run()
    listed("us", "us", "asia")
    run = pull.run()
    assert (run.status, run.updated, run.created, run.deleted) == ("partial", 1, 0, 0)
    assert pull.rows("id, region") == [(0, "us"), (1, "us"), (2, "eu")]
    assert [row[0] for row in pull.errors("origin_id")] == ["2"]


@pytest.mark.parametrize("action", ["", "ON DELETE CASCADE", "ON UPDATE CASCADE"])
def test_lines_follow_their_row(api, database, action):
    def order(number, email, *skus):
        return {**person(number, email), "lines": [{"sku": sku} for sku in skus]}

    database.sql("CREATE TABLE lines (email text, sku text)")
    pull = people(api, database, [order(1, "a", "x", "y"), order(2, "b", "z")], delete_mode="hard", columns={
        "email": "email", "name": "name", "lines[]": {"table": "lines", "parent": "email", "columns": {"sku": "sku"}}})
    database.sql(f"ALTER TABLE lines ADD FOREIGN KEY (email) REFERENCES things (email) {action}")
    pull.run()
    api.listing("/things", [order(1, "c", "x", "y"), order(2, "b", "z")])
    run = pull.run()
    assert (run.status, run.updated, run.created) == ("completed", 1, 0), pull.errors("message")
    assert database.sql("SELECT email, sku FROM lines ORDER BY 1, 2") == [("b", "z"), ("c", "x"), ("c", "y")]


def test_a_record_that_does_not_go_in_leaves_its_row_where_it_is(api, database):
    def order(email, qty):
        return {"id": "o", "email": email, "qty": qty, "lines": [{"sku": email}]}

    database.sql("CREATE TABLE lines (email text, sku text)")
    pull = people(api, database, [order("a", 1)], table="email text PRIMARY KEY, qty integer CHECK (qty > 0)", delete_mode="hard", columns={
        "email": "email", "qty": "qty", "lines[]": {"table": "lines", "parent": "email", "columns": {"sku": "sku"}}})
    pull.run()
    api.listing("/things", [order("b", -1)])
    assert pull.run().failed == 1
    assert (pull.rows(), database.sql("SELECT * FROM lines")) == ([("a", 1)], [("a", "a")])
    api.listing("/things", [order("b", 2)])
    run = pull.run()
    assert (run.status, run.updated, run.created) == ("completed", 1, 0)
    assert (pull.rows(), database.sql("SELECT * FROM lines")) == ([("b", 2)], [("b", "b")])


def test_a_row_left_behind_that_cannot_go_is_told(api, database):
    pull = people(api, database, [person(1), person(2)], delete_mode="hard")
    pull.run()
    database.sql("CREATE TABLE orders (person bigint REFERENCES things); INSERT INTO orders VALUES (1);"
                 " INSERT INTO things (email) VALUES ('taken@example.com')")
    api.listing("/things", [person(1, "taken@example.com"), person(2)])
    run = pull.run()
    assert (run.status, run.updated, run.deleted, run.skipped, run.failed) == ("partial", 1, 0, 1, 1)
    assert pull.rows("email") == [("p1@example.com",), ("p2@example.com",), ("taken@example.com",)]
    said = pull.errors("origin_id, code, record, message")
    assert [row[:3] for row in said] == [(None, "TD414", {"email": "p1@example.com"})]
    assert said[0][3].startswith('record p1 has another row now, and the one that it had, {"email": "p1@example.com"}, cannot go: ')
    assert (pull.run().skipped, len(pull.errors())) == (2, 1), "it stays until somebody has looked at it"


def test_a_row_left_behind_that_a_trigger_keeps_is_counted(api, database):
    pull = people(api, database, [person(1)], delete_mode="hard")
    pull.run()
    database.sql("INSERT INTO things (email) VALUES ('taken@example.com');"
                 " CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
                 " CREATE TRIGGER keep BEFORE DELETE ON things FOR EACH ROW EXECUTE FUNCTION keep()")
    api.listing("/things", [person(1, "taken@example.com")])
    run = pull.run()
    assert (run.status, run.deleted, run.code) == ("completed", 0, "TD411")


@pytest.mark.parametrize("why", ["condition", "bad"])
def test_a_verification_knows_the_row_that_did_not_follow(api, database, why):
    pull = people(api, database, [person(1), person(2)], columns={"email": "email", "name": {"column": "name", "required": True}},
                  conditions={"!=": [{"var": "name"}, "out"]})
    pull.run()
    moved = person(1, "new@example.com", "out")
    if why == "bad":
        moved["name"] = None
    api.listing("/things", [moved, person(2)])
    pull.run()
    number = database.scalar("SELECT tandem.verify_now('things')")
    database.scalar("SELECT tandem.wait_for_run(%s)", (number,))
    found = database.sql("SELECT kind, origin_id FROM tandem.run_differences(%s)", (number,))
    assert found == ([] if why == "condition" else [("unusable", "p1")])
