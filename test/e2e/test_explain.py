"""explain_mapping: what a run would do, in words, and with execute measured."""

import json

import psycopg
import pytest

from pull import PAGING, Pull, records, things


def explain(database, execute=False):
    return "\n".join(row[0] for row in database.sql("SELECT tandem.explain_mapping('things', %s)", (execute,)))


def test_requests_statements_and_locks(api, database):
    api.listing("/things", records(3))
    pull = Pull(database).connect(api.url, {"things": {
        "path": "/things", "params": {"access_key": "hush", "kind": "a b"}, "cursor": {"field": "at", "param": "since"},
        "paging": PAGING["page"]}}, {"token": "s3cret-token"}, auth={"type": "bearer"})
    database.psql("CREATE TABLE owners (id text PRIMARY KEY);"
                  "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;")
    pull.table("id text PRIMARY KEY, name text, at timestamptz, owner text REFERENCES owners")
    database.psql("CREATE TRIGGER audit BEFORE INSERT OR UPDATE ON things FOR EACH ROW EXECUTE FUNCTION nothing();")
    pull.map({"id": "id", "name": {"column": "name", "required": True}, "at": "at", "owner": "owner"})
    text = explain(database)
    assert f"GET {api.url}/things?kind=a%20b&access_key=***&size=100&page=1, with Authorization: ***" in text
    assert "hush" not in text and "s3cret-token" not in text
    for line in ["incremental by at; nothing is known yet, so all of it", "paging page, parameter page, 100 records each",
                 'name -> name text {"required":true}', "INSERT INTO public.things", "ROW EXCLUSIVE on public.things",
                 "KEY SHARE on rows of public.owners", "trigger audit (BEFORE INSERT OR UPDATE)", "Contracts\n  none"]:
        assert line in text, line
    assert api.requests() == []


def test_the_cursor_is_the_one_that_will_be_sent(api, database):
    api.listing("/things", [{"id": "a", "at": "2024-01-02T03:04:05Z"}])
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "cursor": {"field": "at", "param": "since"}}})
    pull.table("id text PRIMARY KEY, at timestamptz").map({"id": "id", "at": "at"})
    assert pull.run().created == 1
    text = explain(database)
    assert "since=2024-01-02T03%3A04%3A05Z" in text or "since=2024-01-02T03:04:05Z" in text
    assert "incremental by at, from 2024-01-02T03:04:05Z" in text
    api.forget()
    pull.run()
    assert api.requests("/things")[0].query["since"] == "2024-01-02T03:04:05Z"


def test_execute_measures_one_page_and_undoes_it(api, database):
    pull = things(api, database, records(250), style="page")
    text = explain(database, True)
    assert "read " in text and "100 records" in text and "Execution Time" in text and "actual time" in text
    assert pull.rows() == [] and len(api.requests("/things")) == 1
    pull.run()
    text = explain(database, True)
    assert "which rows are not there, or differ" in text and "rows that differ" in text and "Index Scan using things_pkey" in text
    assert len(pull.rows()) == 250


def test_execute_with_a_record_that_is_refused(api, database):
    things(api, database, [*records(2), {"id": "x", "qty": "many"}, {"id": "y", "name": "bad"}],
           table="id text PRIMARY KEY, name text CHECK (name <> 'bad'), qty integer")
    text = explain(database, True)
    assert "3 rows, 0 left out by conditions, 1 with errors" in text
    assert "the page as a whole fails" in text and "things_name_check" in text


def test_partitions_and_tables_that_are_appended_to(api, database):
    api.listing("/things", records(2))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}})
    database.psql("CREATE TABLE things (id text, qty int) PARTITION BY RANGE (qty);"
                  "CREATE TABLE things_1 PARTITION OF things FOR VALUES FROM (0) TO (1000);")
    pull.map({"id": "id", "qty": "qty"}, write_mode="append")
    text = explain(database, True)
    for line in ["and its 1 partition", "rows are appended", "none: rows that are appended", "Insert on things"]:
        assert line in text, line
    assert pull.rows() == []


def test_what_cannot_be_sent_is_said(api, database):
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}, auth={"type": "bearer"})
    pull.table("id text PRIMARY KEY").map({"id": "id"})
    assert 'cannot be sent: the connection has no credential "token"' in explain(database)
    with pytest.raises(psycopg.Error, match="cannot read things"):
        explain(database, True)
    assert json.dumps(pull.rows()) == "[]"
