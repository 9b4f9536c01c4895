"""preview_mapping: real records into the real table, and nothing of it stays."""

import json

import psycopg
import pytest

from cluster import SUPERUSER
from pull import Pull, records, things
from servers import Answer

COUNTS = """SELECT (SELECT count(*) FROM tandem._run), (SELECT count(*) FROM tandem._sync_error), (SELECT count(*) FROM tandem._contract),
                   (SELECT count(*) FROM tandem._seen)"""


def preview(pull, rows=10, columns="action, origin_id, local_key, error_type, error_message", connection=None):
    query = f"SELECT {columns} FROM tandem.preview_mapping(%s, %s)"
    if connection is not None:
        return connection.execute(query, (pull.name, rows)).fetchall()
    return pull.database.sql(query, (pull.name, rows))


def test_each_record_has_its_own_outcome_and_nothing_stays(api, database):
    pull = things(api, database, records(3), table="id text PRIMARY KEY, name text CHECK (name <> 'bad'), qty integer")
    pull.run()
    changed = records(5)
    changed[1]["name"] = "changed"
    changed[3]["name"] = "bad"
    changed[4]["qty"] = "many"
    api.listing("/things", [*changed, {"name": "nobody"}])
    before = database.sql("SELECT * FROM things ORDER BY 1"), database.sql(COUNTS, user=SUPERUSER)
    found = preview(pull)
    assert [row[:4] for row in found] == [
        ("unchanged", "r00000", {"id": "r00000"}, None),
        ("update", "r00001", {"id": "r00001"}, None),
        ("unchanged", "r00002", {"id": "r00002"}, None),
        ("error", "r00003", {"id": "r00003"}, "DATABASE_ERROR"),
        ("error", "r00004", None, "TRANSFORM_ERROR"),
        ("error", None, None, "VALIDATION_ERROR")]
    assert "check constraint" in found[3][4] and "qty" in found[4][4]
    assert (database.sql("SELECT * FROM things ORDER BY 1"), database.sql(COUNTS, user=SUPERUSER)) == before
    # what it said is what a run then does
    run = pull.run()
    assert (run.created, run.updated, run.failed) == (0, 1, 3)
    assert [(e[2], e[3]) for e in database.sql(
        "SELECT run, error, error_type, message FROM tandem.sync_errors ORDER BY error")] == [(r[3], r[4]) for r in found if r[3]]


def test_records_are_shown_as_they_came(api, database):
    pull = things(api, database, ['{"id": "a", "big": 9007199254740993, "name": "\\u00e9"}', '{"id": "b", "name": "\\u0000"}'])
    shown = preview(pull, columns="record::text, record ->> 'big', jsonb_typeof(record), action, request")
    assert shown[0][1:] == ("9007199254740993", "object", "insert", None)
    assert shown[1][2:4] == ("string", "error") and "\\u0000" in json.loads(shown[1][0])


def test_several_pages_until_there_are_enough(api, database):
    pull = things(api, database, records(250), style="page", listing={"size": 4}, options={"page_size": 4})
    assert len(preview(pull)) == 10
    assert len(api.requests("/things")) == 3
    assert len(preview(pull, 3)) == 3
    assert len(api.requests("/things")) == 4


def test_a_later_page_that_fails_is_a_warning_the_first_an_error(api, database):
    pull = things(api, database, records(250), style="page", listing={"size": 4}, options={"page_size": 4})
    api.fault("/things", "500", when={"page": "2"})
    with database.connect() as connection:
        notices = []
        connection.add_notice_handler(lambda n: notices.append((n.severity, n.message_primary)))
        assert len(preview(pull, connection=connection)) == 4
        assert notices and notices[0][0] == "WARNING" and "page 2 of things" in notices[0][1]
        api.fault("/things", "401")
        with pytest.raises(psycopg.errors.InvalidAuthorizationSpecification, match="cannot read things"):
            preview(pull, connection=connection)


def test_it_sees_what_the_transaction_has_just_made(api, database):
    api.listing("/things", records(2))
    with database.connect(autocommit=False) as connection:
        connection.execute("CREATE TABLE things (id text PRIMARY KEY, name text)")
        connection.execute("INSERT INTO things VALUES ('r00001', 'mine')")
        connection.execute("SELECT tandem.create_connection('c', 'rest', %s::jsonb)",
                           (json.dumps({"base_url": api.url, "objects": {"things": {"path": "/things"}}}),))
        connection.execute("SELECT tandem.create_mapping('things', 'c', 'things', 'things', '{\"id\": \"id\", \"name\": \"name\"}')")
        assert [row[0] for row in preview(Pull(database), connection=connection)] == ["insert", "update"]
        assert connection.execute("SELECT * FROM things").fetchall() == [("r00001", "mine")]
        connection.rollback()
    assert database.scalar("SELECT to_regclass('things')") is None


def test_an_incremental_mapping_shows_records_from_the_beginning(api, database):
    stamped = [{**record, "at": f"2024-01-0{i + 1}T00:00:00Z"} for i, record in enumerate(records(3))]
    api.listing("/things", stamped)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "cursor": {"field": "at", "param": "since"}}})
    pull.table("id text PRIMARY KEY, name text, at timestamptz").map({"id": "id", "name": "name", "at": "at"})
    assert pull.run().created == 3
    api.forget()
    assert [row[0] for row in preview(pull)] == ["unchanged"] * 3
    assert "since" not in api.requests("/things")[0].query
    assert pull.run().records_read == 3  # the watermark is where it was


def test_parents_and_children_of_one_preview_see_each_other_and_deferred_keys_fail_per_record(api, database):
    pull = things(api, database, [{"id": "a", "name": None}, {"id": "b", "name": "a"}, {"id": "c", "name": "nobody"}],
                  table="id text PRIMARY KEY, name text REFERENCES things DEFERRABLE INITIALLY DEFERRED, qty integer")
    assert [row[0] for row in preview(pull)] == ["insert", "insert", "error"]
    assert pull.rows() == []


def test_a_child_that_comes_before_its_parent_goes_in_all_the_same(api, database):
    pull = things(api, database, [{"id": "a", "name": "b"}, {"id": "b", "name": "c"}, {"id": "c", "name": None}],
                  table="id text PRIMARY KEY, name text REFERENCES things, qty integer")
    assert [row[0] for row in preview(pull)] == ["insert"] * 3
    assert pull.run().created == 3


def test_what_conditions_leave_out_is_skipped_and_more_pages_are_read(api, database):
    pull = things(api, database, records(30), style="page", listing={"size": 10},
                  options={"page_size": 10}, conditions={">=": [{"var": "qty"}, 18]})
    found = preview(pull, 3)
    assert [(row[0], row[1]) for row in found if row[0] != "skip"] == [("insert", f"r000{n}") for n in (18, 19, 20)]
    left_out = [row for row in found if row[0] == "skip"]
    assert len(left_out) == 3 and left_out[0][4] == "the mapping's conditions leave it out"
    assert len(api.requests("/things")) == 3


def test_triggers_run_and_what_they_keep_out_or_refuse_is_said(api, database):
    pull = things(api, database, records(3))
    database.psql("""
        CREATE TABLE log (what text);
        CREATE FUNCTION judge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO log VALUES (new.id); NOTIFY things_written;
            IF new.id = 'r00000' THEN RETURN NULL; END IF;
            IF new.id = 'r00001' THEN RAISE 'not this one'; END IF;
            RETURN new; END $$;
        CREATE TRIGGER judge BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION judge();""")
    with database.connect() as connection:
        heard = []
        connection.add_notify_handler(heard.append)
        connection.execute("LISTEN things_written")
        found = preview(pull, connection=connection)
        assert [row[0] for row in found] == ["skip", "error", "insert"]
        assert "kept it out" in found[0][4] and found[1][4] == "not this one"
        connection.execute("SELECT 1")
        assert heard == []
    assert database.sql("SELECT * FROM log") == [] and pull.rows() == []


def test_the_later_of_two_records_with_one_id_counts(api, database):
    pull = things(api, database, [*records(2), {"id": "r00000", "name": "newer", "qty": 1}])
    assert [(row[0], row[1]) for row in preview(pull)] == [("skip", "r00000"), ("insert", "r00001"), ("insert", "r00000")]


def test_whose_rights(api, database):
    pull = things(api, database, records(1))
    database.psql("CREATE FUNCTION who() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                  "RAISE WARNING '% of %', current_user, session_user; RETURN new; END $$;"
                  "CREATE TRIGGER who BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION who();")
    role = f"{database.name}_guest"
    database.psql(f"CREATE ROLE {role} LOGIN", user=SUPERUSER)
    database.grant(role)
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="must be a member of role"):
            database.sql("SELECT * FROM tandem.preview_mapping('things')", user=role)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="a superuser cannot try") as refused:
            database.sql("SELECT * FROM tandem.preview_mapping('things')", user=SUPERUSER)
        assert refused.value.diag.message_hint == f"SET ROLE {database.owner};"
        database.psql(f"GRANT {database.owner} TO {role}", user=SUPERUSER)
        assert database.sql("SELECT action FROM tandem.preview_mapping('things')", user=role) == [("insert",)]
    finally:
        database.psql(f"DROP OWNED BY {role}; DROP ROLE {role}", user=SUPERUSER)


def test_a_trigger_does_not_become_the_superuser_who_took_the_role(api, database):
    pull = things(api, database, records(1))
    database.psql("CREATE FUNCTION climb() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; RETURN new; END $$;"
                  "CREATE TRIGGER climb BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION climb();")
    with database.connect(user=SUPERUSER) as connection:
        connection.execute(f"SET ROLE {database.owner}")
        ((action, message),) = preview(pull, columns="action, error_message", connection=connection)
        assert action == "error" and "role" in message
        assert connection.execute("SELECT current_user::text").fetchone() == (database.owner,)


def test_what_the_callers_transaction_left_deferred_is_raised_as_it_is(api, database):
    pull = things(api, database, records(1))
    database.psql("CREATE TABLE parents (id int PRIMARY KEY);"
                  "CREATE TABLE children (id int REFERENCES parents DEFERRABLE INITIALLY DEFERRED);")
    with database.connect(autocommit=False) as connection:
        connection.execute("INSERT INTO children VALUES (1)")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            preview(pull, connection=connection)
        connection.rollback()
        connection.execute("INSERT INTO children VALUES (1)")
        connection.execute("INSERT INTO parents VALUES (1)")
        assert [row[0] for row in preview(pull, connection=connection)] == ["insert"]
        connection.execute("DELETE FROM parents")  # still deferred afterwards
        connection.rollback()


def test_a_locked_table_is_named(api, database):
    pull = things(api, database, records(1))
    with database.connect(autocommit=False) as holder:
        holder.execute("LOCK TABLE things IN SHARE MODE")
        with pytest.raises(psycopg.errors.ObjectInUse, match="public.things is locked"):
            preview(pull)
        holder.rollback()


def test_it_can_be_cancelled_while_it_waits_for_the_other_side(api, database):
    pull = things(api, database, records(1))
    api.fault("/things", "silence")
    with database.connect() as connection:
        connection.execute("SET statement_timeout = '300ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            preview(pull, connection=connection)


@pytest.mark.parametrize("rows", [0, 1001])
def test_how_many_rows(api, database, rows):
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="argument rows must be from 1 to 1000"):
        preview(things(api, database, records(1)), rows)


def test_append_has_no_keys(api, database):
    pull = things(api, database, records(2), table="id text, name text, qty integer", write_mode="append")
    assert [row[:3] for row in preview(pull)] == [("insert", None, None), ("insert", None, None)]
    assert pull.rows() == []


def test_an_object_without_records(api, database):
    pull = things(api, database, [])
    assert preview(pull) == []
    api.route("/things", Answer({"data": []}))
    with pytest.raises(psycopg.Error, match="cannot read things"):
        preview(pull)
