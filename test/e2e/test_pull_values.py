"""Values survive exactly or are reported; one bad record costs only itself."""

import json
import random

import pytest

from pull import Pull, records, things
from servers import Answer


def values(api, database, column_type, *tokens):
    """A pull of one field `v` with the given raw JSON tokens into a column of a type."""
    body = ",".join(f'{{"id":"{i}","v":{token}}}' for i, token in enumerate(tokens))
    api.route("/things", Answer(f'{{"items":[{body}]}}'))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table(f"id text PRIMARY KEY, v {column_type}")
    return pull.map({"id": "id", "v": "v"})


@pytest.mark.parametrize("column_type, token, text", [
    ("bigint", "9007199254740993", "9007199254740993"),
    ("bigint", '"9007199254740993"', "9007199254740993"),
    ("numeric", "0.1", "0.1"),
    ("numeric", "123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"),
    ("numeric(5,2)", "123.40", "123.40"),
    ("double precision", "0.1", "0.1"),
    ("boolean", "true", "true"),
    ("date", '"2026-02-28"', "2026-02-28"),
    ("timestamptz", '"2026-03-29T02:30:00+05:30"', "2026-03-28 21:00:00+00"),
    ("timestamptz", '"2013-05-07T22:07:19.000+0000"', "2013-05-07 22:07:19+00"),
    ("timestamp", '"2026-03-29T02:30:00"', "2026-03-29 02:30:00"),
    ("uuid", '"6f1f0e62-7d8c-4a6d-9a70-0f4bb5b3c0aa"', "6f1f0e62-7d8c-4a6d-9a70-0f4bb5b3c0aa"),
    ("jsonb", '{"b": [1, 2.50], "a": null}', '{"a": null, "b": [1, 2.50]}'),
    ("json", '{"b": 1,  "b": 2}', '{"b": 1,  "b": 2}'),
    ("jsonb", '"text"', '"text"'),
    ("text", '"na\\u00efve \\ud83d\\ude00 \\"quoted\\" \\\\ \\n"', 'naïve 😀 "quoted" \\ \n'),
    ("text", '""', ""),
    ("text", "12.50", "12.50"),
    ("text[]", '["a", "b \\"c\\"", null]', '{a,"b \\"c\\"",NULL}'),
    ("integer[]", "[1, 2]", "{1,2}"),
    ("char(3)", '"ab"', "ab"),
    ("varchar(3)", '"äöü"', "äöü"),
    ("inet", '"10.0.0.1"', "10.0.0.1/32"),
])
def test_stored_exactly(api, database, column_type, token, text):
    pull = values(api, database, column_type, token)
    run = pull.run()
    assert (run.status, run.created) == ("completed", 1), pull.errors("message")
    assert database.scalar("SELECT v::text FROM things") == text


@pytest.mark.parametrize("column_type, token", [
    ("integer", "2147483648"), ("integer", "1.5"), ("integer", '"many"'), ("smallint", "70000"), ("bigint", "1e30"),
    ("numeric(5,2)", "1.234"), ("numeric(5,2)", "1234.5"), ("numeric", '"1,234.50"'), ("numeric", '"NaN"'),
    ("double precision", "1e400"), ("double precision", "9007199254740993"), ("boolean", '"maybe"'), ("boolean", "2"),
    ("date", '"2026-02-30"'), ("date", '"0000-00-00"'), ("timestamptz", '"2026-01-01T00:00:00"'),
    ("timestamptz", '"2026-01-01T24:00:00Z"'), ("timestamptz", "1700000000"), ("timestamp", '"2026-01-01T00:00:00Z"'),
    ("uuid", '"not-a-uuid"'), ("varchar(3)", '"four"'), ("text", '"nul \\u0000"'), ("text", '"half \\ud800"'),
    ("text", '{"a": 1}'), ("inet", '"nonsense"'), ("integer[]", '["x"]'),
])
def test_reported_not_bent(api, database, column_type, token):
    pull = values(api, database, column_type, token, "null")
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 1, 1)
    (error,) = database.sql("SELECT origin_id, error_type, code, column_name, message, coalesce(record::text, record_text) FROM tandem.sync_errors")
    assert error[0] == "0" and error[2].startswith("TD") and error[4] and error[5]
    assert pull.rows("id") == [("1",)]


# Of types that only their own input functions know: column type, value, what becomes of it (None: its row is refused).
ODD = [
    ("amount", "1.5", "1.50"), ("amount", "1.234", None), ("amount", '"NaN"', None), ("short", '"abc"', "abc"), ("short", '"abc "', None),
    ("moment", '"2026-01-01T00:00:00Z"', "2026-01-01 00:00:00+00"), ("moment", '"now"', None), ("moment", '"2026-01-01T00:00:00"', None),
    ("flag", "1", "true"), ("flag", '"yes"', None), ("small", "9", "9"), ("small", "10", None), ("small", "1.0", "1"),
    ("tree", '"a.b"', "a.b"), ("tree", '"1,234.50"', None), ("tree", '"a.b.c.d.e"', None), ("trees", '["a.b"]', "{a.b}"), ("trees", '["a b"]', None),
    ("tree[]", '["a.b"]', "{a.b}"), ("tree[]", '["1,234.50"]', None), ("pairs", '"a=>b"', '"a"=>"b"'), ("pairs", '"item id"', None),
    ("amount[]", "[1.5, null]", "{1.50,NULL}"), ("amount[]", "[1.234]", None), ("integer[]", "[[1, 2], [3, 4]]", "{{1,2},{3,4}}"), ("integer[]", "[[1], [2, 3]]", None),
    ("box[]", '["(1,1),(0,0)", "(2,2),(0,0)"]', "{(1,1),(0,0);(2,2),(0,0)}"),
    ("money", "12.34", "$12.34"), ("money", "12.345", None), ("money", '""', None), ("money", '"$5"', None), ("cents", "0.50", "$0.50"), ("cents", '""', None),
    ("timetz", '"10:00+02"', "10:00:00+02"), ("timetz", '"now"', None), ("timetz", '"10:00"', None),
    ("oid", "7", "7"), ("oid", "-1", None), ("xid", "4294967295", "4294967295"), ("xid", "-1", None), ("regclass", '"pg_class"', "pg_class"), ("regclass", '"no such"', None),
    ("other.color", '"red"', "red"), ("other.color", '"blue"', None), ("other.color", '""', None), ("pair", '"(1,x)"', "(1,x)"), ("pair", '"(one,x)"', None), ("pair", '{"a": 1}', None),
    ("int4range", '"[1,5)"', "[1,5)"), ("int4range", '"[5,1)"', None), ("int4multirange", '"{[1,2),[4,5)}"', "{[1,2),[4,5)}"), ("int4multirange", '"{[1"', None),
    ("xml", '"<a/>"', "<a/>"), ("xml", '"<a>"', None), ("bit(3)", '"101"', "101"), ("bit(3)", '"1011"', None), ("varbit(3)", '"1"', "1"), ("varbit(3)", '"2"', None),
    ("inet", '"10.0.0.1/8"', "10.0.0.1/8"), ("cidr", '"10.0.0.1/8"', None), ("macaddr", '"08:00:2b:01:02:03"', "08:00:2b:01:02:03"), ("macaddr", '"08"', None),
    ("point", '"(1,2)"', "(1,2)"), ("point", '"1"', None), ('"char"', '"a"', "a"), ('"char"', '"ab"', None), ("name", '"n"', "n"), ("name", json.dumps("n" * 64), None),
    ("date", '"infinity"', None), ("timestamp", '"epoch"', None), ("numeric", '"Infinity"', None), ("interval", '"infinity"', None),
    ("tsquery", '"a &"', None), ("jsonpath", '"$.a"', '$."a"'), ("jsonpath", '"$["', None), ("pg_lsn", '"16/B374D848"', "16/B374D848"), ("pg_lsn", '"x"', None),
]


def test_a_value_goes_in_as_it_is_or_costs_its_own_row(api, database):
    """Each of these in a column of its own, all of them in one page: whatever one is, the others go in."""
    database.sql(f"CREATE EXTENSION ltree; CREATE EXTENSION hstore; CREATE SCHEMA other AUTHORIZATION {database.owner}", user="postgres")
    database.psql("""
        CREATE TYPE other.color AS ENUM ('red', 'green'); CREATE TYPE pair AS (a integer, b text);
        CREATE DOMAIN amount AS numeric(5,2); CREATE DOMAIN short AS varchar(3); CREATE DOMAIN moment AS timestamptz; CREATE DOMAIN flag AS boolean;
        CREATE DOMAIN digit AS integer CHECK (value < 10); CREATE DOMAIN small AS digit NOT NULL DEFAULT 0; CREATE DOMAIN cents AS money;
        CREATE DOMAIN tree AS ltree CHECK (nlevel(value) < 5); CREATE DOMAIN trees AS ltree[]; CREATE DOMAIN pairs AS hstore""")
    body = ",".join(f'{{"id":"{i}","c{i}":{token}}}' for i, (_, token, _) in enumerate(ODD))
    api.route("/things", Answer(f'{{"items":[{body}]}}'))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}})
    pull.table("id integer PRIMARY KEY, " + ", ".join(f"c{i} {type_}" for i, (type_, _, _) in enumerate(ODD)))
    columns = {f"c{i}": {"column": f"c{i}", **({"default": 0} if type_ == "small" else {})} for i, (type_, _, _) in enumerate(ODD)}
    pull.map({"id": "id", **columns})
    run = pull.run()
    assert run.status == "partial", run.message
    refused = {int(id_): (code, column) for id_, code, column in pull.errors()}
    stored = {i: database.scalar(f"SELECT c{i}::text FROM things WHERE id = {i}") for (i,) in pull.rows("id")}
    assert {i: (ODD[i][:2], text) for i, text in stored.items()} == {i: (case[:2], case[2]) for i, case in enumerate(ODD) if case[2] is not None}
    assert {i: (ODD[i][:2], fault[1]) for i, fault in refused.items()} == {i: (case[:2], f"c{i}") for i, case in enumerate(ODD) if case[2] is None}
    assert {code for code, _ in refused.values()} <= {"TD101", "TD102", "TD105", "TD106", "TD107", "TD110", "TD404", "TD406"}


def random_json(rng, depth=0):
    kind = rng.randrange(9 if depth < 4 else 6)
    if kind >= 6:
        parts = [random_json(rng, depth + 1) for _ in range(rng.randrange(6))]
        if kind == 6:
            return "[" + " , ".join(parts) + "]"
        keys = [json.dumps(rng.choice(["", "a", "b", "ab", "ä", "zip", "city", "street", 'x"y', "Straße"]),
                           ensure_ascii=rng.random() < .2) for _ in parts]
        return "{" + ",".join(f"{key} :{part}" for key, part in zip(keys, parts)) + " }"
    return rng.choice(["null", "true", "false", "0", "-0", "1.500", "1e3", "9007199254740993", "-12.5E-3", '""', '"x"',
                          '"ä, ]}"', '"\\n \\u00e4"', '"1 High Street"'])


def test_nested_json_becomes_what_postgres_makes_of_it(api, database):
    tokens = [random_json(random.Random(seed)) for seed in range(2000)]
    body = ",".join(f'{{"id":"{i}","v":{token}}}' for i, token in enumerate(tokens))
    api.route("/things", Answer(f'{{"items":[{body}]}}'))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table("id text PRIMARY KEY, v jsonb, raw json")
    pull.map([{"field": "id", "column": "id"}, {"field": "v", "column": "v"}, {"field": "v", "column": "raw"}])
    assert pull.run().created == 2000
    assert database.sql("SELECT raw, v FROM things WHERE v IS DISTINCT FROM raw::jsonb OR v::text <> raw::jsonb::text"
                        " OR jsonb_hash(v) <> jsonb_hash(raw::jsonb) OR NOT v @> raw::jsonb") == []


def test_keys_with_escapes_and_odd_names(api, database):
    api.route("/things", Answer('{"3166-1":[{"i\\u0064":"a","a.b":1,"a":{"b":2,"c":[{"d":3}]},"\\u00e4 \\"x\\"":4}]}'))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "records": "3166-1"}})
    pull.table("id text PRIMARY KEY, literal integer, nested integer, quoted integer")
    pull.map({"id": "id", "a.b": "literal", "/a/c/0/d": "nested", 'ä "x"': "quoted"})
    assert pull.run().created == 1
    assert pull.rows() == [("a", 1, 3, 4)]


def test_whole_record_in_a_jsonb_column(api, database):
    pull = things(api, database, records(1), columns={"id": "id", "*": "raw"}, table="id text PRIMARY KEY, raw jsonb")
    pull.run()
    assert pull.rows("raw") == [(records(1)[0],)]


def test_declared_type_default_and_required(api, database):
    api.route("/things", Answer({"items": [{"id": "a", "mail": "a@example.org"}, {"id": "b", "mail": "nobody"}, {"id": "c"}]}))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}})
    pull.table("id text PRIMARY KEY, mail text, level integer NOT NULL")
    pull.map({"id": "id", "mail": {"column": "mail", "type": "email-address", "required": True},
              "level": {"column": "level", "default": 3}})
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 1, 2)
    assert pull.rows() == [("a", "a@example.org", 3)]
    assert [row[0] for row in pull.errors()] == ["b", "c"]


def test_constants_are_written_and_compared(api, database):
    pull = things(api, database, records(3), table="id text PRIMARY KEY, name text, source text, seen jsonb",
                  columns=[{"field": "id", "column": "id"}, {"field": "name", "column": "name"},
                           {"column": "source", "constant": "crm"}, {"column": "seen", "constant": None}])
    pull.run()
    assert pull.rows("source, seen") == [("crm", None)] * 3
    database.sql("UPDATE things SET source = 'edited' WHERE id = 'r00001'")
    assert pull.run(full=True).updated == 1
    database.sql("""SELECT tandem.alter_mapping('things', '{"columns": [{"field": "id", "column": "id"}, {"column": "source", "constant": "erp"}]}')""")
    assert pull.run().updated == 3


def test_transforms_before_the_column(api, database):
    source = [{"id": "a", "mail": " ÄNNE@Example.ORG ", "active": "Y", "total": "1.234,50", "due": "29.02.2024", "at": 1700000000123, "tags": "x,y"},
              {"id": "b", "mail": "b@example.org", "active": "?", "total": "1", "due": "1.3.2024", "at": None}]
    pull = things(api, database, source,
                  table="id text PRIMARY KEY, mail text, active boolean, total numeric(10,2), due date, at timestamptz, tags text[], tag_text text",
                  columns=[{"field": "id", "column": "id"},
                           {"field": "mail", "column": "mail", "type": "email-address", "to_local": ["trim", "lowercase"]},
                           {"field": "active", "column": "active", "to_local": {"map": {"Y": True, "N": False}}},
                           {"field": "total", "column": "total", "to_local": {"number_format": {"decimal": ",", "group": "."}}},
                           {"field": "due", "column": "due", "to_local": {"date_format": "DD.MM.YYYY"}},
                           {"field": "at", "column": "at", "to_local": {"date_format": "epoch_ms"}},
                           {"field": "tags", "column": "tags", "to_local": {"split": ","}},
                           {"field": "tags", "column": "tag_text", "to_local": ["uppercase", {"split": ","}, {"join": "+"}]}])
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 1, 1)
    assert pull.rows("mail, active, total::text, due::text, at::text, tags, tag_text") == [
        ("änne@example.org", True, "1234.50", "2024-02-29", "2023-11-14 22:13:20.123+00", ["x", "y"], "X+Y")]
    assert pull.errors() == [("b", "TD112", "active")]
    source[1].update(active="N")
    assert pull.run().created == 1


def test_an_absent_field_can_leave_the_row_as_it_is(api, database):
    source = [{"id": "a", "name": "Ann", "qty": 1}, {"id": "b", "name": "Bob"}]
    pull = things(api, database, source, columns={"id": "id", "name": "name", "qty": {"column": "qty", "absent": "keep", "default": 5}})
    pull.run()
    assert pull.rows() == [("a", "Ann", 1), ("b", "Bob", 5)]
    source[0].pop("qty")
    source[0]["name"] = "Anna"
    source[1]["qty"] = None
    run = pull.run()
    assert (run.updated, run.skipped) == (1, 1), "the default of b is there already"
    assert pull.rows() == [("a", "Anna", 1), ("b", "Bob", 5)]
    del source[0]["name"]
    assert pull.run().updated == 1
    assert pull.rows("name, qty", order="id") == [(None, 1), ("Bob", 5)]


def test_what_text_cannot_hold_is_replaced_where_that_is_wanted(api, database):
    api.route("/things", Answer('{"items":[{"id":"a","v":"x\\u0000\\ud800y","w":{"k":"\\udc00"}}]}'))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table("id text PRIMARY KEY, v text, w jsonb")
    pull.map({"id": "id", "v": {"column": "v", "bad_text": "replace"}, "w": {"column": "w", "bad_text": "replace"}})
    assert pull.run().status == "completed", pull.errors("message")
    assert pull.rows("v, w") == [("x\ufffd\ufffdy", {"k": "\ufffd"})]


SQL_THINGS = """
    CREATE TABLE countries (code text, id integer);
    INSERT INTO countries VALUES ('FR', 33), ('DE', 49), ('XX', 1), ('XX', 2);
    CREATE SEQUENCE calls;
    CREATE FUNCTION shout(v text) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN PERFORM nextval('calls'); IF v = 'bad' THEN RAISE EXCEPTION 'no such word'; END IF; RETURN v || '!'; END $$;
    CREATE TABLE things (id text PRIMARY KEY, cents integer, country integer, word varchar(6), full_name text, tags integer DEFAULT 7);
"""


def test_the_database_does_its_part_of_the_transforms(api, database):
    good = [{"id": f"g{i:02}", "amount": "1250", "country": " fr ", "word": "hey", "first": "A", "last": "B", "tags": [1, 2]} for i in range(30)]
    bad = [{**good[0], "id": "b0", "amount": "many"}, {**good[0], "id": "b1", "country": "ZZ"}, {**good[0], "id": "b2", "country": "XX"},
           {**good[0], "id": "b3", "word": "bad"}, {**good[0], "id": "b4", "word": "far too long"}]
    good[0].update(country=None, first=None, tags=None)
    api.listing("/things", [*good[:10], *bad, *good[10:]])
    database.psql(SQL_THINGS)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}})
    pull.map([{"field": "id", "column": "id"},
              {"field": "amount", "column": "cents", "to_local": {"sql": "(value::numeric / 100)::integer"}},
              {"field": "country", "column": "country",
               "to_local": ["trim", "uppercase", {"lookup": {"table": "countries", "key": "code", "value": "id"}}]},
              {"field": "word", "column": "word", "to_local": [{"function": "shout(text)"}, "uppercase"]},
              {"column": "full_name", "sql": "concat_ws(' ', record->>'first', record->>'last')", "default": "nobody"},
              {"field": "tags", "column": "tags", "type": "array", "default": 9, "to_local": {"sql": "jsonb_array_length(value)"}}])
    stored = database.scalar("SELECT columns::text FROM tandem.mappings WHERE name = 'things'")
    assert '"public.countries"' in stored and '"public.shout(pg_catalog.text)"' in stored
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 30, 5), pull.errors("origin_id, message")
    assert pull.rows()[0] == ("g00", 13, None, "HEY!", "B", 9)
    assert pull.rows()[1] == ("g01", 13, 33, "HEY!", "A B", 2)
    assert sorted(pull.errors("origin_id, code, column_name")) == [
        ("b0", "TD115", "cents"), ("b1", "TD112", "country"), ("b2", "TD112", "country"), ("b3", "TD115", "word"), ("b4", "TD115", "word")]
    assert set(pull.errors("code, suggestion")) == {("TD115", "Correct the record at its source, or the SQL of the column."),
                                                    ("TD112", "Add the row that is looked for, or correct the record at its source.")}
    assert pull.run().skipped == 30, "nothing changed"
    good[1]["last"] = "C"
    api.listing("/things", good)
    assert pull.run().updated == 1, "what the expression looks at is part of what is compared"
    assert database.scalar("SELECT full_name FROM things WHERE id = 'g01'") == "A C"
    assert pull.run(full=True).updated == 0


CONSTRAINTS = """
    CREATE TABLE parent (id text PRIMARY KEY);
    INSERT INTO parent VALUES ('p');
    CREATE DOMAIN short AS text CHECK (length(value) < 4);
    CREATE TYPE color AS ENUM ('red', 'green');
    CREATE TABLE things (id text PRIMARY KEY, qty integer CHECK (qty < 100), name text UNIQUE,
                         parent text REFERENCES parent DEFERRABLE INITIALLY DEFERRED, short short, color color);
"""


def test_constraints_park_the_bad_rows_and_let_the_others_in(api, database):
    good = [{"id": f"g{i}", "qty": i, "name": f"n{i}", "parent": "p", "short": "ok", "color": "red"} for i in range(90)]
    bad = [{**good[0], "id": "b0", "name": "b0", "qty": 500}, {**good[0], "id": "b1"}, {**good[0], "id": "b2", "name": "b2", "parent": "?"},
           {**good[0], "id": "b3", "name": "b3", "short": "too long"}, {**good[0], "id": "b4", "name": "b4", "color": "blue"}]
    api.listing("/things", [*good[:40], *bad, *good[40:]])
    database.psql(CONSTRAINTS)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}})
    pull.map({key: key for key in good[0]})
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 90, 5)
    assert sorted(pull.errors("origin_id, code")) == [
        ("b0", "TD404"), ("b1", "TD402"), ("b2", "TD403"), ("b3", "TD404"), ("b4", "TD406")]


def test_an_error_is_seen_again_not_added_again_and_ends_when_the_record_goes_in(api, database):
    source = [{"id": "a", "qty": "many"}, {"id": "b", "qty": 1}, {"qty": 5}]
    pull = things(api, database, source)
    pull.run()
    pull.run()
    assert pull.errors("origin_id, attempts") == [(None, 2), ("a", 2)] or sorted(pull.errors("attempts")) == [(2,), (2,)]
    assert database.scalar("SELECT status FROM tandem.mapping_status WHERE mapping = 'things'") == "partial"
    source[0]["qty"] = 7
    api.listing("/things", source[:2])
    run = pull.run()
    assert (run.status, run.created) == ("completed", 1)
    assert pull.errors("origin_id") == [(None,)]
    assert "went in" in database.scalar("SELECT resolution_notes FROM tandem.sync_errors WHERE origin_id = 'a'")


def test_on_error_fail_ends_the_run_and_rolls_its_page_back(api, database):
    pull = things(api, database, [{"id": "a", "qty": 1}, {"id": "b", "qty": "x"}], options={"on_error": "fail"})
    run = pull.run()
    assert (run.status, run.created) == ("failed", 0) and "b" in run.message
    assert pull.rows() == []
    assert [row[0] for row in pull.errors()] == ["b"]


def test_a_trigger_that_raises_parks_its_row(api, database):
    pull = things(api, database, records(20))
    database.psql("""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF new.qty = 13 THEN RAISE 'not thirteen'; END IF; RETURN new; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION refuse();""")
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 19, 1)
    assert pull.errors("origin_id, code, message") == [("r00013", "TD407", "not thirteen")]


def test_what_a_trigger_sets_in_the_session_does_not_reach_the_next_page(api, database):
    pull = things(api, database, records(300), style="page")
    database.psql("""
        CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM set_config('search_path', 'nowhere', false), set_config('default_transaction_read_only', 'on', false),
                  set_config('tandem.tenant', 'other', false), set_config('lock_timeout', '1', false);
          RETURN NULL;
        END $$;
        CREATE TRIGGER meddle AFTER INSERT ON things FOR EACH STATEMENT EXECUTE FUNCTION public.meddle();""")
    run = pull.run()
    assert (run.status, run.created) == ("completed", 300)


def test_operators_and_tables_of_the_owner_are_not_used_by_the_engine(api, database):
    pull = things(api, database, records(3))
    database.sql(f"CREATE SCHEMA evil AUTHORIZATION {database.owner}", user="postgres")
    database.psql("""
        CREATE FUNCTION evil.eq(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked'; END $$;
        CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.eq);
        CREATE TABLE evil.tandem_page (c1 text);""")
    database.sql(f"ALTER ROLE {database.owner} SET search_path = evil, public, pg_catalog")
    assert pull.run().created == 3
    assert pull.run().skipped == 3
    assert pull.run(full=True).skipped == 3
