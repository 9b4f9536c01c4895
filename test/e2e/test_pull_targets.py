"""Every kind of column and table that people pull into: one record that fits, one that does not, and nothing in between."""

import json

import psycopg
import pytest
from pull import Pull
from servers import Answer

COLUMNS = {
    "domain": ("CREATE DOMAIN share AS numeric(5,2) CHECK (value BETWEEN 0 AND 100)", "share", "12.5", "99.99", "101"),
    "domain over a domain": ("CREATE DOMAIN word AS text CHECK (value <> ''); CREATE DOMAIN short AS word CHECK (length(value) < 5)",
                             "short", '"abc"', '"abcd"', '"abcde"'),
    "domain that is not null": ("CREATE DOMAIN given AS integer NOT NULL", "given", "1", "2", "null"),
    "enum": ("CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy')", "mood", '"it\'s ok"', '"happy"', '"Happy"'),
    "array of an enum": ("", "mood[]", '["sad", null]', "[]", '["sad", "angry"]'),
    "array": ("", "integer[]", "[1, null, 3]", "[]", "[1, 2.5]"),
    "array of numeric(p,s)": ("", "numeric(4,1)[]", "[1.5, 100]", "[]", "[1000.5]"),
    "array of timestamptz": ("", "timestamptz[]", '["2026-01-02T03:04:05Z"]', "[]", '["2026-01-02 03:04"]'),
    "jsonb": ("", "jsonb", '{"b": [1, 2.50], "a": "\\u00e4"}', '"text"', '"nul \\u0000"'),
    "numeric(p,s)": ("", "numeric(10,3)", "1234567.125", "-0.001", "1.0005"),
    "bytea": ("", "bytea", '"\\\\x00ff10"', '"\\\\x"', '"\\\\x0g"'),
    "citext": ("", "citext", '"Abc"', '"ABC"', '"nul \\u0000"'),
    "range": ("", "int4range", '"[1,5)"', '"empty"', '"[5,1)"'),
    "composite": ("CREATE TYPE place AS (x integer, y text)", "place", '"(1,north)"', '"(2,)"', '"(north,1)"'),
    "interval": ("", "interval", '"P1DT2H"', '"1 day"', '"a while"'),
    "money": ("", "money", '"12.50"', '"0.01"', '"much"'),
    "bit": ("", "bit(3)", '"101"', '"000"', '"10"'),
    "xml": ("", "xml", '"<a>b</a>"', '"<a/>"', '"<a>"'),
    "tsvector": ("", "tsvector", '"a b"', '"c"', '"\'"'),
    "cidr": ("", "cidr", '"10.0.0.0/8"', '"::/0"', '"10.0.0.1/8"'),
    "macaddr": ("", "macaddr", '"08:00:2b:01:02:03"', '"08:00:2b:01:02:04"', '"08:00"'),
    "char": ("", '"char"', '"x"', '"y"', "{}"),
    "name": ("", "name", '"abc"', '"abd"', json.dumps("x" * 64)),
    "regclass": ("", "regclass", '"pg_class"', '"pg_type"', '"no_such"'),
    "time": ("", "time", '"12:34:56.789"', '"00:00:00"', '"25:00"'),
    "timetz": ("", "timetz", '"12:34:56+02:00"', '"00:00:00Z"', '"12:60Z"'),
    "point": ("", "point", '"(1,2)"', '"(3,4)"', '"1"'),
}


def listing(api, **tokens):
    body = ",".join(f'{{"id":"{key}","v":{token}}}' for key, token in tokens.items())
    api.route("/things", Answer(f'{{"items":[{body}]}}'))


def pull_into(api, database, ddl, columns=None, **arguments):
    database.psql(ddl)
    return Pull(database).connect(api.url, {"things": {"path": "/things"}}).map(columns or {"id": "id", "v": "v"}, **arguments)


def test_columns_of_every_type(api, database):
    """A record that fits; for each column one that fits but for it; then other values that fit."""
    names = {kind: f"c{i}" for i, kind in enumerate(COLUMNS)}
    kinds = {name: kind for kind, name in names.items()}
    good, other, bad = ({names[kind]: row[i] for kind, row in COLUMNS.items()} for i in (2, 3, 4))

    def show(**by_id):
        body = ",".join("{" + ",".join([f'"id":"{key}"', *(f'"{n}":{t}' for n, t in tokens.items())]) + "}" for key, tokens in by_id.items())
        api.route("/things", Answer(f'{{"items":[{body}]}}'))

    def texts(key):
        (row,) = database.sql(f"SELECT {', '.join(f'{n}::text' for n in kinds)} FROM things WHERE id = '{key}'")
        return dict(zip(kinds.values(), row))

    show(good=good, **{name: {**good, name: bad[name]} for name in kinds})
    ddl = ";".join(row[0] for row in COLUMNS.values() if row[0])
    database.sql("CREATE EXTENSION citext", user="postgres")
    columns = ", ".join(f"{names[kind]} {row[1]}" for kind, row in COLUMNS.items())
    pull = pull_into(api, database, f"{ddl}; CREATE TABLE things (id text PRIMARY KEY, {columns})", {n: n for n in ["id", *kinds]})
    run = pull.run()
    assert run.status == "partial", run.message
    found = {kinds[key]: (column, message) for key, column, message in pull.errors("origin_id, column_name, message")}
    assert sorted(found) == sorted(COLUMNS) and pull.rows("id") == [("good",)]
    assert {kind: why for kind, why in found.items() if why[0] != names[kind] or not why[1]} == {}, "each names its column"
    assert (run.created, run.failed) == (1, len(COLUMNS))
    first = texts("good")
    assert (pull.run().updated, pull.run(full=True).updated) == (0, 0), "as it is stored, so it compares"
    show(good=other, **{name: other for name in kinds})
    run = pull.run()
    assert (run.status, run.created, run.updated, pull.errors()) == ("completed", len(COLUMNS), 1, [])
    assert {kind: text for kind, text in texts("good").items() if text == first[kind]} == {}
    assert texts("c0") == texts("good")


def test_citext_key_finds_its_row_in_any_case(api, database):
    database.sql("CREATE EXTENSION citext", user="postgres")
    listing(api, Abc="1")
    pull = pull_into(api, database, "CREATE TABLE things (id citext PRIMARY KEY, v integer)")
    pull.run()
    listing(api, ABC="2")
    run = pull.run()
    assert (run.created, run.updated, pull.rows("id, v")) == (0, 1, [("Abc", 2)])


@pytest.mark.parametrize("column", ["v integer GENERATED ALWAYS AS (length(id)) STORED", "v integer GENERATED ALWAYS AS IDENTITY"])
def test_a_column_that_computes_itself_is_refused_with_the_way_out(api, database, column):
    listing(api, good="1")
    with pytest.raises(psycopg.Error, match="GENERATED ALWAYS|generated") as error:
        pull_into(api, database, f"CREATE TABLE things (id text PRIMARY KEY, {column})")
    assert error.value.diag.message_hint


def test_identity_by_default_takes_the_value_and_fills_what_is_missing(api, database):
    listing(api, good="7", bad='"seven"')
    pull = pull_into(api, database, "CREATE TABLE things (id text PRIMARY KEY, v integer GENERATED BY DEFAULT AS IDENTITY)")
    run = pull.run()
    assert (run.status, pull.rows("id, v"), pull.errors("origin_id")) == ("partial", [("good", 7)], [("bad",)])


def test_identity_always_beside_the_mapped_columns(api, database):
    listing(api, good='"a"', bad="[1]")
    pull = pull_into(api, database, """CREATE TABLE things (n integer GENERATED ALWAYS AS IDENTITY, id text PRIMARY KEY, v text,
                                                            twice text GENERATED ALWAYS AS (v || v) STORED)""")
    run = pull.run()
    assert (run.status, pull.rows("n, id, twice"), pull.errors("origin_id")) == ("partial", [(1, "good", "aa")], [("bad",)])
    listing(api, good='"b"')
    assert pull.run().updated == 1 and pull.rows("n, id, twice") == [(1, "good", "bb")]


def test_a_partitioned_table(api, database):
    listing(api, good="1", bad="100")
    pull = pull_into(api, database, """
        CREATE TABLE things (id text, v integer, PRIMARY KEY (id, v)) PARTITION BY RANGE (v);
        CREATE TABLE low PARTITION OF things FOR VALUES FROM (0) TO (10);
        CREATE TABLE high PARTITION OF things FOR VALUES FROM (10) TO (20)""", match_on=["id", "v"])
    run = pull.run()
    assert (run.status, pull.errors("origin_id, code")) == ("partial", [("bad", "TD404")])
    listing(api, good="1", bad="12")
    assert (pull.run().status, pull.errors()) == ("completed", [])
    assert database.sql("SELECT tableoid::regclass::text, v FROM things ORDER BY v") == [("low", 1), ("high", 12)]


def test_subpartitions_with_columns_in_another_order(api, database):
    listing(api, good="1", bad="-1")
    pull = pull_into(api, database, """
        CREATE TABLE things (id text, v integer, PRIMARY KEY (id)) PARTITION BY HASH (id);
        CREATE TABLE half (gone text, v integer CHECK (v >= 0), id text NOT NULL, PRIMARY KEY (id));
        ALTER TABLE half DROP COLUMN gone;
        ALTER TABLE things ATTACH PARTITION half FOR VALUES WITH (MODULUS 1, REMAINDER 0)""")
    run = pull.run()
    assert (run.status, pull.rows("id, v"), pull.errors("origin_id, code")) == ("partial", [("good", 1)], [("bad", "TD404")])
    assert pull.run(full=True).updated == 0


def test_triggers_before_and_after(api, database):
    listing(api, good="1", bad="13")
    pull = pull_into(api, database, """
        CREATE TABLE things (id text PRIMARY KEY, v integer, stamped timestamptz);
        CREATE TABLE seen (id text, op text, v integer);
        CREATE FUNCTION before() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF new.v = 13 THEN RAISE EXCEPTION 'thirteen' USING HINT = 'Take twelve.'; END IF;
            new.stamped := '2026-01-01'; RETURN new; END $$;
        CREATE FUNCTION after() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO seen VALUES (new.id, tg_op, new.v); RETURN NULL; END $$;
        CREATE TRIGGER before BEFORE INSERT OR UPDATE ON things FOR EACH ROW EXECUTE FUNCTION before();
        CREATE TRIGGER after AFTER INSERT OR UPDATE ON things FOR EACH ROW EXECUTE FUNCTION after()""")
    run = pull.run()
    assert (run.status, run.created, pull.errors("origin_id, suggestion")) == ("partial", 1, [("bad", "Take twelve.")])
    listing(api, good="2", bad="13")
    assert pull.run().updated == 1
    assert database.sql("SELECT * FROM seen") == [("good", "INSERT", 1), ("good", "UPDATE", 2)], "nothing of what was undone"
    assert database.scalar("SELECT count(*) FROM things WHERE stamped = '2026-01-01'") == 1


@pytest.mark.parametrize("constraint", ["UNIQUE (v) DEFERRABLE INITIALLY DEFERRED",
                                        "FOREIGN KEY (v) REFERENCES others DEFERRABLE INITIALLY DEFERRED"])
def test_a_deferrable_constraint_refuses_its_record_not_the_page(api, database, constraint):
    listing(api, good="1", bad="1" if "UNIQUE" in constraint else "2")
    pull = pull_into(api, database, f"""CREATE TABLE others (v integer PRIMARY KEY); INSERT INTO others VALUES (1);
                                        CREATE TABLE things (id text PRIMARY KEY, v integer, {constraint})""")
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 1, 1)
    listing(api, good="1", bad="null")
    assert (pull.run().status, pull.errors(), len(pull.rows())) == ("completed", [], 2)


def test_a_deferred_constraint_trigger_refuses_its_record_not_the_page(api, database):
    listing(api, good="1", bad="13")
    pull = pull_into(api, database, """
        CREATE TABLE things (id text PRIMARY KEY, v integer);
        CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF new.v = 13 THEN RAISE EXCEPTION 'thirteen'; END IF; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON things DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION late()""")
    assert (pull.run().status, pull.rows(), pull.errors("origin_id")) == ("partial", [("good", 1)], [("bad",)])


def test_an_exclusion_constraint(api, database):
    listing(api, a='"[1,5)"', b='"[4,6)"')
    pull = pull_into(api, database, "CREATE TABLE things (id text PRIMARY KEY, v int4range, EXCLUDE USING gist (v WITH &&))")
    assert (pull.run().status, pull.rows("id"), pull.errors("origin_id, code")) == ("partial", [("a",)], [("b", "TD405")])


def test_policies_that_bind_the_owner(api, database):
    """FORCE: rows that the policy refuses are errors, rows that it hides are not touched, and neither is counted as done."""
    listing(api, good="1", bad="100")
    pull = pull_into(api, database, """
        CREATE TABLE things (id text PRIMARY KEY, v integer);
        INSERT INTO things VALUES ('hidden', 200);
        ALTER TABLE things ENABLE ROW LEVEL SECURITY; ALTER TABLE things FORCE ROW LEVEL SECURITY;
        CREATE POLICY small ON things USING (v < 50) WITH CHECK (v < 50)""")
    run = pull.run()
    assert (run.status, run.created, pull.errors("origin_id, code")) == ("partial", 1, [("bad", "TD408")])
    listing(api, good="2", hidden="3")
    run = pull.run()
    assert (run.updated, run.skipped, run.failed, "kept out" in run.message) == (1, 1, 0, True)
    assert database.sql("SELECT id, v FROM things ORDER BY id", user="postgres") == [("good", 2), ("hidden", 200)]


def test_policies_for_adding_only(api, database):
    """Rows may be added and seen, not changed: said before the first run, unless nothing is to be changed."""
    listing(api, good="1")
    ddl = """CREATE TABLE things (id text PRIMARY KEY, v integer);
             ALTER TABLE things ENABLE ROW LEVEL SECURITY; ALTER TABLE things FORCE ROW LEVEL SECURITY;
             CREATE POLICY see ON things FOR SELECT USING (true);
             CREATE POLICY add ON things FOR INSERT WITH CHECK (id <> 'bad')"""
    with pytest.raises(psycopg.Error, match="no policy that lets role .* UPDATE any row"):
        pull_into(api, database, ddl)
    with pytest.raises(psycopg.Error, match="no policy that lets role .* UPDATE, DELETE any row"):
        Pull(database).map({"id": "id", "v": "v"}, delete_mode="hard")
    pull = Pull(database).map({"id": "id", "v": "v"}, write_mode="insert")
    assert pull.run().created == 1
    listing(api, good="2", other="1", bad="1")
    run = pull.run()
    assert (run.created, run.updated, pull.rows()) == (1, 0, [("good", 1), ("other", 1)])
    assert pull.errors("origin_id, code") == [("bad", "TD408")]
