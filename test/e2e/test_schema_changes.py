"""What changes under a mapping: fields at the source, columns of the table, between runs and in the middle of one."""

import json

import pytest
from cluster import SUPERUSER
from pull import PAGING, Pull, records, things

WAITING = "SELECT side, kind, field, column_name, old_type, new_type FROM tandem.schema_changes WHERE status = 'open' ORDER BY change"


def with_field(count, **more):
    return [{**r, **more} for r in records(count)]


def policy(api, database, name, source=None):
    pull = things(api, database, source or records(20), options={"schema_change": name})
    assert pull.run().status == "completed"
    return pull


# --- at the source

def test_a_new_field_is_reported_with_the_sql_that_takes_it(api, database):
    pull = policy(api, database, "freeze")
    assert database.sql(WAITING) == []
    api.listing("/things", with_field(20, createdAt="2024-02-29T12:00:00Z"))
    assert pull.run().skipped == 20
    assert database.sql(WAITING) == [("remote", "added", "createdAt", "created_at", None, "timestamptz")]
    assert pull.run().status == "completed"
    assert len(database.sql(WAITING)) == 1
    assert database.sql("SELECT status, status_reason FROM tandem.mapping_status") == [("ready", "1 open schema change")]
    assert database.scalar("SELECT detail FROM tandem.doctor('things') WHERE check_name = 'schema of things'") == \
        "1 open change: field createdAt appeared"
    for line in database.scalar("SELECT ddl FROM tandem.schema_changes").splitlines():
        database.sql(line)
    assert pull.run().updated == 20
    assert pull.rows("count(created_at)") == [(20,)]
    assert database.sql("SELECT status FROM tandem.schema_changes") == [("applied",)]


def test_a_field_that_all_had_and_none_has_is_reported(api, database):
    pull = policy(api, database, "freeze")
    api.listing("/things", [{k: v for k, v in r.items() if k != "qty"} for r in records(20)])
    pull.run()
    assert database.sql(WAITING) == [("remote", "vanished", "qty", "qty", "bigint", None)]
    api.listing("/things", records(20))
    pull.run()
    assert database.sql(WAITING) == []


def test_a_field_that_was_never_sure_to_be_there_is_not(api, database):
    source = records(20)
    del source[3]["qty"]
    pull = policy(api, database, "freeze", source)
    api.listing("/things", [{k: v for k, v in r.items() if k != "qty"} for r in records(20)])
    pull.run()
    assert database.sql(WAITING) == []


def test_another_type_is_reported(api, database):
    pull = policy(api, database, "freeze")
    api.listing("/things", [{**r, "qty": f"{r['qty']} pieces"} for r in records(20)])
    assert pull.run().failed == 20
    assert database.sql(WAITING) == [("remote", "retyped", "qty", "qty", "bigint", "text")]
    database.sql(database.scalar("SELECT ddl FROM tandem.schema_changes"))
    assert pull.run().updated == 20
    assert [row for row in database.sql(WAITING) if row[0] == "remote"] == []


def test_discovery_counts_as_seen(api, database):
    api.listing("/things", with_field(20, note="x"))
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}).table("id text PRIMARY KEY, name text, qty integer")
    database.sql("SELECT * FROM tandem.list_fields('things_api', 'things')")
    pull.map({"id": "id", "name": "name", "qty": "qty"})
    api.listing("/things", with_field(20, note="x", late=True))
    pull.run()
    assert database.sql(WAITING) == [("remote", "added", "late", "late", None, "boolean")]


def test_evolve_adds_the_column_and_reads_everything(api, database):
    pull = policy(api, database, "evolve")
    api.listing("/things", with_field(20, note="n", tags=["a"]))
    assert pull.run().status == "completed"
    assert database.sql("SELECT field, status FROM tandem.schema_changes ORDER BY 1") == [("note", "applied"), ("tags", "applied")]
    assert pull.run().updated == 20
    assert pull.rows("note, tags")[0] == ("n", ["a"])
    assert database.scalar("SELECT columns->>'tags' FROM tandem.mappings") == "tags"


def test_evolve_names_columns_so_that_a_table_can_have_them(api, database):
    pull = things(api, database, records(2), options={"schema_change": "evolve"})
    pull.run()
    strange = {"xmin": 1, "fooBar": 2, "Foo Bar": 3, "!!": 4, "Name": "second"}
    api.listing("/things", [{**record, **strange} for record in records(2)])
    pull.run()
    assert pull.run().updated == 2
    assert [row[0] for row in database.sql("SELECT column_name FROM tandem.schema_changes WHERE status = 'applied' ORDER BY field COLLATE \"C\"")] == [
        "field", "foo_bar", "name_2", "foo_bar_2", "xmin_"]
    assert pull.rows("xmin_, foo_bar_2, foo_bar, field, name_2") == [(1, 2, 3, 4, "second")] * 2


def test_evolve_waits_for_no_lock_and_tries_again(api, database):
    pull = policy(api, database, "evolve")
    api.listing("/things", with_field(20, note="n"))
    with database.connect(autocommit=False) as other:
        other.execute("SELECT * FROM things")  # holds ACCESS SHARE
        assert pull.run().status == "completed"
        assert len(database.sql(WAITING)) == 1
        assert "lock timeout" in database.scalar("SELECT message FROM tandem.schema_changes")
    pull.run()
    assert database.sql(WAITING) == []
    assert pull.run().updated == 20


def test_evolve_says_why_a_column_could_not_be_added(api, database):
    pull = policy(api, database, "evolve")
    owner = database.scalar("SELECT tableowner FROM pg_tables WHERE tablename = 'things'")
    database.sql(f"ALTER TABLE things OWNER TO postgres; GRANT ALL ON things TO {owner}", user="postgres")
    api.listing("/things", with_field(20, note="n"))
    assert pull.run().status == "completed"
    ((message, ddl),) = database.sql("SELECT message, ddl FROM tandem.schema_changes WHERE status = 'open'")
    assert message == "must be owner of table things" and ddl.startswith("ALTER TABLE public.things ADD COLUMN note text;")
    database.sql(f"ALTER TABLE things OWNER TO {owner}", user="postgres")
    pull.run()
    assert database.sql("SELECT status, message FROM tandem.schema_changes") == [("applied", None)]
    assert pull.run().updated == 20


def test_pause_stops_the_mapping_and_says_why(api, database):
    pull = policy(api, database, "pause")
    api.listing("/things", with_field(20, note="n"))
    assert pull.run().status == "completed"
    assert database.sql("SELECT status, status_reason FROM tandem.mapping_status") == [("paused", "schema change: field note appeared")]
    database.sql("SELECT tandem.resume_mapping('things')")
    assert pull.run().status == "completed"  # whoever resumed it knows
    assert database.scalar("SELECT status FROM tandem.mapping_status") == "ready"


def test_discard_takes_no_notice(api, database):
    pull = policy(api, database, "discard")
    api.listing("/things", with_field(20, note="n"))
    pull.run()
    database.sql("ALTER TABLE things ALTER COLUMN qty TYPE bigint")
    assert database.sql("SELECT * FROM tandem.schema_changes") == []


def test_an_ignored_change_does_not_come_again(api, database):
    pull = policy(api, database, "freeze")
    api.listing("/things", with_field(20, note="n"))
    pull.run()
    change = database.scalar("SELECT change FROM tandem.schema_changes")
    assert database.sql("SELECT tandem.ignore_schema_change(%s), tandem.ignore_schema_change(%s)", (change, change)) == [(True, False)]
    api.listing("/things", with_field(20, note=1))
    pull.run()
    assert database.sql(WAITING) == []


# --- in the table

def test_a_renamed_column_is_followed(api, database):
    pull = policy(api, database, "freeze")
    database.sql("ALTER TABLE things RENAME COLUMN qty TO quantity")
    assert database.sql(WAITING) == [("local", "renamed", "qty", "qty", "integer", "quantity")]
    api.listing("/things", [{**r, "qty": r["qty"] + 1} for r in records(20)])
    run = pull.run()
    assert (run.status, run.updated) == ("completed", 20)
    assert database.scalar("SELECT columns->>'qty' FROM tandem.mappings") == "quantity"
    assert database.sql(WAITING) == []


def test_two_columns_that_change_names_are_followed(api, database):
    pull = things(api, database, records(5), table="id text PRIMARY KEY, name text, qty text")
    pull.run()
    database.sql("ALTER TABLE things RENAME name TO x; ALTER TABLE things RENAME qty TO name; ALTER TABLE things RENAME x TO qty")
    assert pull.run(full=True).status == "completed"
    assert pull.rows("qty, name")[2] == ("thing 2", "2")


def test_a_renamed_key_is_followed(api, database):
    pull = policy(api, database, "freeze")
    database.sql("ALTER TABLE things RENAME COLUMN id TO key")
    assert (pull.run(full=True).status, pull.run().skipped) == ("completed", 20)


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_is_known_of_records_outlives_a_renamed_key(api, database, by_hand):
    pull = things(api, database, records(5), delete_mode="hard")
    pull.run()
    database.sql("ALTER TABLE things RENAME COLUMN id TO key")
    if by_hand:
        database.sql(database.scalar("SELECT ddl FROM tandem.schema_changes"))
    else:
        number = database.scalar("SELECT tandem.verify_now('things')")
        assert database.scalar("SELECT tandem.wait_for_run(%s)", (number,)) == "completed"
    api.listing("/things", records(4))
    assert (pull.run().deleted, pull.rows("count(*)")) == (1, [(4,)])


def test_rows_follow_their_records_when_the_column_that_finds_them_was_renamed(api, database):
    api.listing("/things", [{"id": "1", "mail": "a@x"}, {"id": "2", "mail": "b@x"}])
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}})
    pull.table("pk bigserial PRIMARY KEY, mail text UNIQUE NOT NULL").map({"mail": "mail"}, match_on=["mail"], delete_mode="hard")
    pull.run()
    database.sql("ALTER TABLE things RENAME COLUMN mail TO email")
    api.listing("/things", [{"id": "2", "mail": "c@x"}])
    run = pull.run()
    assert (run.updated, run.deleted, pull.rows()) == (1, 1, [(2, "c@x")])


def test_a_dropped_column_ends_the_next_run_and_says_what_to_do(api, database):
    pull = policy(api, database, "freeze")
    database.sql("ALTER TABLE things DROP COLUMN qty")
    assert database.sql(WAITING) == [("local", "dropped", "qty", "qty", "integer", None)]
    run = pull.run()
    assert (run.status, run.code, run.error_type) == ("failed", "TD811", "SCHEMA_CHANGE")
    assert run.message == "column qty of public.things is not there any more"
    database.sql(database.scalar("SELECT ddl FROM tandem.schema_changes"))
    assert pull.run().status == "completed"
    assert database.sql(WAITING) == []


def test_a_column_of_another_type_is_used_as_it_is(api, database):
    pull = policy(api, database, "freeze")
    database.sql("ALTER TABLE things ALTER COLUMN qty TYPE numeric(12,2)")
    assert database.sql(WAITING) == [("local", "retyped", "qty", "qty", "integer", "numeric(12,2)")]
    assert pull.run(full=True).status == "completed"
    assert database.sql(WAITING) == []


def test_what_is_not_mapped_is_nobodys_business(api, database):
    pull = things(api, database, records(3), table="id text PRIMARY KEY, name text, qty integer, other text, gone text")
    pull.run()
    database.sql("ALTER TABLE things RENAME other TO another; ALTER TABLE things DROP gone; ALTER TABLE things ADD fresh int")
    database.sql("ALTER TABLE things RENAME TO things2; ALTER TABLE things2 RENAME TO things")
    assert database.sql("SELECT * FROM tandem.schema_changes") == []
    assert pull.run().status == "completed"


def test_a_dropped_table_is_reported(api, database):
    pull = policy(api, database, "freeze")
    database.sql("DROP TABLE things")
    assert database.sql(WAITING) == [("local", "dropped", None, None, "table public.things", None)]
    run = pull.run()
    assert (run.status, run.code, run.error_type) == ("failed", "TD812", "SCHEMA_CHANGE")


def test_pause_answers_a_dropped_column_at_once(api, database):
    policy(api, database, "pause")
    database.sql("ALTER TABLE things DROP COLUMN qty")
    assert database.sql("SELECT status, status_reason FROM tandem.mapping_status") == [("paused", "schema change: column qty was dropped")]


def test_a_rolled_back_command_changed_nothing(api, database):
    policy(api, database, "pause")
    with database.connect(autocommit=False) as connection:
        connection.execute("ALTER TABLE things DROP COLUMN qty")
        connection.rollback()
    assert database.scalar("SELECT status FROM tandem.mapping_status") == "ready"


def test_the_next_run_notices_what_no_trigger_did(api, database):
    pull = policy(api, database, "freeze")
    with database.connect(user=SUPERUSER) as connection:
        connection.execute("SET session_replication_role = replica")  # event triggers do not fire
        connection.execute("ALTER TABLE things RENAME name TO title")
        connection.execute("ALTER TABLE things DROP qty")
    assert database.sql(WAITING) == []
    assert pull.run().code == "TD811"
    assert {(row[1], row[3]) for row in database.sql(WAITING)} == {("renamed", "name"), ("dropped", "qty")}


def test_a_table_that_moves_keeps_its_mapping_and_is_exported_by_its_name(api, database):
    pull = things(api, database, records(3))
    exported = "SELECT tandem.export_mapping('things')"
    database.sql("ALTER TABLE things RENAME TO objects")
    assert "target => 'public.objects'" in database.scalar(exported)
    with database.connect(user="postgres") as session:
        session.execute("CREATE SCHEMA a; ALTER TABLE objects SET SCHEMA a")
        session.execute(f"GRANT USAGE ON SCHEMA a TO {database.owner}")
        session.execute("ALTER SCHEMA a RENAME TO b")
    assert pull.run().created == 3
    assert "target => 'b.objects'" in database.scalar(exported)
    assert database.sql("SELECT target FROM tandem.mapping_status") == [("b.objects",)]
    assert database.sql("SELECT * FROM tandem.schema_changes") == []


def test_types_of_a_schema_in_the_search_path_are_no_news(api, database):
    database.sql("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    database.sql("CREATE DOMAIN amount AS numeric CHECK (value > 0)")
    pull = things(api, database, [{"id": "a", "m": "ok", "n": 1}], columns={"id": "id", "m": "m", "ms": "ms", "n": "n"},
                  table="id text PRIMARY KEY, m mood, ms mood[], n amount", options={"schema_change": "pause"})
    assert pull.run().status == "completed"
    database.psql(f"ALTER ROLE {database.owner} SET search_path = ''")
    database.psql("SET search_path = pg_catalog; ALTER TABLE public.things ADD extra int")
    assert database.sql("SELECT * FROM tandem.schema_changes") == []
    assert pull.run().status == "completed"
    assert database.sql("SELECT * FROM tandem.schema_changes") == []


def test_columns_of_every_type_are_told_from_altered_ones(api, database):
    types = ["bigint[]", "timestamptz(3)", "time(0)", "interval day to second", "char(3)", '"char"', "varchar(7)[]", "numeric(10,3)", "bit varying(4)",
             "name", "json", "double precision", "int4range", "inet"]
    table = "id text PRIMARY KEY, " + ", ".join(f"c{i} {kind}" for i, kind in enumerate(types))
    pull = things(api, database, records(3), columns={"id": "id", **{f"f{i}": f"c{i}" for i in range(len(types))}}, table=table)
    assert (pull.run().status, pull.run().status) == ("completed", "completed")
    assert database.sql("SELECT * FROM tandem.schema_changes") == []


# --- in the middle of a run

@pytest.fixture
def halfway(api, database):
    """A mapping of 30 records in pages of 10; the returned function says what happens when the second page is asked for."""
    listing = api.listing("/things", records(30), style="page", size=10)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "paging": PAGING["page"]}})
    pull.table("id text PRIMARY KEY, name text, qty integer")
    pull.map({"id": "id", "name": "name", "qty": "qty"}, options={"page_size": 10})

    def run(*commands):
        done = []

        def answer(request):
            if request.query.get("page") == "3" and not done:
                done.append(True)
                # Page 2 is being applied by now, or was: the command waits for it as everybody's does.
                for command in commands:
                    database.sql(command)
            return listing.answer(request, api.url)

        api.route("/things", answer)
        before = database.scalar("SELECT pg_postmaster_start_time()")
        result = pull.run()
        assert database.scalar("SELECT pg_postmaster_start_time()") == before
        assert database.sql("SELECT tandem.wait_for_run(%s)", (result.run,)) == [(result.status,)]
        return pull, result

    return run


@pytest.mark.parametrize("command, code", [
    ("ALTER TABLE things DROP COLUMN qty", "TD802"),
    ("ALTER TABLE things RENAME COLUMN qty TO quantity", "TD802"),
    ("DROP TABLE things", "TD802"),
])
def test_a_run_ends_when_its_table_is_changed_under_it(halfway, database, command, code):
    pull, run = halfway(command)
    assert (run.status, run.code, run.error_type, run.records_read) == ("failed", code, "SCHEMA_CHANGE", 20), run.message
    said = dict(database.sql("SELECT check_name, fix FROM tandem.doctor('things')"))
    assert said["schema of things"] == "SELECT * FROM tandem.schema_changes WHERE mapping = 'things';"


def test_a_rename_in_the_middle_is_followed_by_the_next_run(halfway, database):
    pull, run = halfway("ALTER TABLE things RENAME COLUMN qty TO quantity")
    assert run.status == "failed"
    assert pull.run().status == "completed"
    assert database.scalar("SELECT count(quantity) FROM things") == 30


def test_a_type_that_still_takes_the_values_does_not_end_the_run(halfway, database):
    pull, run = halfway("ALTER TABLE things ALTER COLUMN qty TYPE bigint")
    assert run.status == "completed", run.message
    assert database.scalar("SELECT sum(qty) FROM things") == sum(range(30))


def test_a_type_that_does_not_ends_it_or_its_records(halfway, database):
    pull, run = halfway("ALTER TABLE things ALTER COLUMN qty TYPE text")
    assert run.status in ("failed", "partial", "completed"), run.message
    assert pull.run(full=True).status == "completed"
    assert database.scalar("SELECT count(*) FROM things WHERE qty = ((substr(id, 2))::int)::text") == 30


def test_a_column_that_is_added_in_the_middle_changes_nothing(halfway, database):
    pull, run = halfway("ALTER TABLE things ADD COLUMN note text DEFAULT 'x'")
    assert (run.status, run.created) == ("completed", 30)


def test_an_index_or_a_constraint_in_the_middle_changes_nothing(halfway, database):
    pull, run = halfway("CREATE INDEX ON things (qty)", "ALTER TABLE things ADD CHECK (qty >= 0)")
    assert (run.status, run.created) == ("completed", 30)


def test_a_partition_attached_in_the_middle_is_written_to(api, database):
    listing = api.listing("/things", records(30), style="page", size=10)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things", "paging": PAGING["page"]}})
    database.sql("CREATE TABLE things (id text PRIMARY KEY, name text, qty integer) PARTITION BY RANGE (id)")
    database.sql("CREATE TABLE things_1 PARTITION OF things FOR VALUES FROM ('r00000') TO ('r00020')")
    pull.map({"id": "id", "name": "name", "qty": "qty"}, options={"page_size": 10})
    done = []

    def answer(request):
        if request.query.get("page") == "3" and not done:
            done.append(True)
            database.sql("CREATE TABLE things_2 (LIKE things INCLUDING ALL)")
            database.sql("ALTER TABLE things ATTACH PARTITION things_2 FOR VALUES FROM ('r00020') TO ('r00040')")
        return listing.answer(request, api.url)

    api.route("/things", answer)
    run = pull.run()
    assert (run.status, run.created) == ("completed", 30), run.message
    assert database.scalar("SELECT count(*) FROM things_2") == 10
    assert json.dumps(database.sql("SELECT * FROM tandem.schema_changes")) == "[]"
