"""SQL through the wall: parameters, the engine's identity, staged pages, the catalog."""

import psycopg
import pytest
from psycopg import errors


def column(wall, query, params=None):
    return [value for value, in wall.cluster.sql(query, params)]


def test_parameters_and_results(wall):
    assert wall.cluster.scalar("SELECT wall_parameters()")


# The engine's identity

HOSTILE = """
CREATE SCHEMA IF NOT EXISTS evil;
CREATE OR REPLACE FUNCTION evil.never(text, text) RETURNS boolean LANGUAGE plpgsql AS
  'BEGIN RAISE EXCEPTION ''hijacked as %'', current_user; END';
CREATE OR REPLACE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'hijacked' $$;
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.never);
"""


def test_engine_cannot_be_hijacked(wall):
    wall.cluster.psql(HOSTILE)
    with wall.cluster.connect() as c:
        c.execute("SET search_path = evil, pg_catalog")
        c.execute("CREATE TEMP TABLE pg_class (relname text)")
        c.execute("SET row_security = off; SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; SET bytea_output = 'escape'")
        assert c.execute("SELECT lower('A')").fetchone() == ("hijacked",)
        with pytest.raises(errors.RaiseException):
            c.execute("SELECT 'a'::text = 'a'::text")
        query = """SELECT concat_ws('|', lower('A'), 'a'::text = 'a'::text, current_user, current_setting('search_path'),
                   (SELECT count(*) > 100 FROM pg_class), current_setting('row_security'), '2020-02-01'::date,
                   '2020-02-01 00:00:00+00'::timestamptz, '\\x01'::bytea)"""
        assert c.execute("SELECT public.wall_engine(%s)", (query,)).fetchone() == (
            "a|t|tandem_owner|pg_catalog, pg_temp|t|on|2020-02-01|2020-02-01 00:00:00+00|\\x01",)
        with pytest.raises(errors.DivisionByZero):
            c.execute("SELECT public.wall_engine('SELECT 1/0')")
        state = "SELECT concat_ws('|', current_user, current_setting('search_path'), current_setting('row_security'))"
        assert c.execute(state).fetchone() == ("postgres|evil, pg_catalog|off",)


def test_engine_stays_the_engine(wall):
    for escape in ("SELECT set_config('role', 'postgres', false)", "SELECT set_config('session_authorization', 'postgres', false)"):
        with pytest.raises(errors.InsufficientPrivilege):
            wall.cluster.sql("SELECT wall_engine(%s)", (escape,))


def test_engine_without_its_role_says_so(wall):
    wall.cluster.sql("ALTER ROLE tandem_owner RENAME TO nobody_owner")
    try:
        with pytest.raises(errors.ObjectNotInPrerequisiteState, match="role tandem_owner does not exist"):
            wall.cluster.sql("SELECT wall_engine('SELECT 1')")
    finally:
        wall.cluster.sql("ALTER ROLE nobody_owner RENAME TO tandem_owner")


# Staged pages

@pytest.mark.parametrize("type, typmod, values, seen", [
    ("text", -1, ["", "é", "NULL"], ["", "é", None]), ("varchar", 9, ["abcde"], ["abcde"]),
    ("bpchar", 9, ["ab"], ["ab"]), ("bpchar", 9, ["ab   "], ["ab"]), ("name", -1, ["n"], ["n"]),
    ("int4", -1, ["-1", "2147483647"], ["-1", "2147483647"]),
    ("numeric", -1, ["123456789012345678901234567890.10", "1e3"], ["123456789012345678901234567890.10", "1000"]),
    ("numeric", (5 << 16) + 2 + 4, ["123.40"], ["123.40"]), ("float8", -1, ["0.1"], ["0.1"]), ("bool", -1, ["true"], ["true"]),
    ("date", -1, ["2024-02-29"], ["2024-02-29"]), ("time", -1, ["12:34:56.789"], ["12:34:56.789"]),
    ("timestamptz", -1, ["2024-02-29T12:00:00+02:00"], ["2024-02-29 10:00:00+00"]), ("interval", -1, ["1 day"], ["1 day"]),
    ("uuid", -1, ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"], ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("json", -1, ['{"b": 1, "a":  2}'], ['{"b": 1, "a":  2}']), ("jsonb", -1, ['{"b": 1, "a":  2}'], ['{"a": 2, "b": 1}']),
    ("bytea", -1, ["\\x0102"], ["\\x0102"]), ("inet", -1, ["10.0.0.1/8"], ["10.0.0.1/8"]),
    ("text[]", -1, ['{a,"b,c",NULL}'], ['{a,"b,c",NULL}'])])
def test_staged_text_of_every_type(wall, type, typmod, values, seen):
    # The types that bear a collation take the default one.
    query = "SELECT * FROM wall_stage(%s::regtype, %s, (SELECT typcollation FROM pg_type WHERE oid = %s::regtype), %s)"
    assert column(wall, query, (type, typmod, type, values)) == seen


def test_staged_native_forms(wall):
    assert column(wall, "SELECT * FROM wall_stage_native()") == [
        '(-32768,-2147483648,9007199254740993,t,1.5,0.1,été,1999-12-31,"2000-01-01 00:00:00.000001",'
        '"2000-01-02 00:00:00+00","2000-01-01 00:00:02+00",abc,"{""a"": 9007199254740993}")', "(,,,,,,,,,,,,)"]


def test_staged_domain_and_enum_check(wall):
    wall.cluster.psql("CREATE DOMAIN even AS int NOT NULL CHECK (VALUE % 2 = 0); CREATE TYPE mood AS ENUM ('sad', 'ok');")
    stage = "SELECT * FROM wall_stage(%s::regtype, -1, 0, %s)"
    assert column(wall, stage, ("even", ["2"])) == ["2"]
    for type, value, error in (("even", "3", errors.CheckViolation), ("even", "NULL", errors.NotNullViolation),
                               ("mood", "glad", errors.InvalidTextRepresentation)):
        with pytest.raises(error):
            wall.cluster.sql(stage, (type, [value]))
    assert column(wall, stage, ("mood", ["ok", "NULL"])) == ["ok", None]


def test_staging_errors_are_undone(wall):
    assert wall.cluster.scalar("SELECT wall_stage_errors()") == "22003 22P02 XX000 22012 ok 42703 ok "


def test_staging_more_than_fits_into_memory(wall):
    assert wall.cluster.scalar("SELECT wall_stage_many(100000, 1000)") == "100000 100000000"


def test_by_index(wall):
    wall.cluster.psql("CREATE TABLE big (id bigint PRIMARY KEY, t text); INSERT INTO big SELECT g, g FROM generate_series(1, 2000) g;"
                      "ANALYZE big;")
    join = "SELECT b.t FROM page p JOIN big b ON b.id OPERATOR(pg_catalog.=) p.id"
    scans = "SELECT coalesce(seq_scan, 0) > 0, coalesce(idx_scan, 0) > 0 FROM pg_stat_xact_user_tables WHERE relname = 'big'"
    for by_index, expected in ((False, (True, False)), (True, (False, True))):
        with wall.cluster.connect(autocommit=False) as c:  # counters of this transaction
            c.execute("SELECT wall_plan(%s, %s)", (join, by_index)).fetchall()
            assert c.execute(scans).fetchone() == expected
    with wall.cluster.connect() as c:
        with pytest.raises(errors.DivisionByZero):
            c.execute("SELECT wall_plan('SELECT (1/0)::text FROM page', true)")
        assert c.execute("SELECT current_setting('enable_seqscan'), current_setting('jit')").fetchone() == ("on", "on")


# The catalog

def test_describe(wall):
    wall.cluster.psql("""
        CREATE SCHEMA "Odd"; CREATE TABLE parent (id int PRIMARY KEY);
        CREATE DOMAIN short AS varchar(3) DEFAULT 'x' NOT NULL;
        CREATE TABLE "Odd"."T" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gone int, code varchar(10) NOT NULL UNIQUE,
            amount numeric(12, 2) DEFAULT 0, s short, twice numeric GENERATED ALWAYS AS (amount * 2) STORED, tags text[],
            at timestamptz(3), p int REFERENCES parent, e text, d int UNIQUE DEFERRABLE);
        ALTER TABLE "Odd"."T" DROP COLUMN gone;
        CREATE UNIQUE INDEX ON "Odd"."T" (e) WHERE e <> ''; CREATE UNIQUE INDEX ON "Odd"."T" (lower(e));
        CREATE UNIQUE INDEX two ON "Odd"."T" (p, e) INCLUDE (d);""")
    lines = column(wall, """SELECT * FROM wall_describe('"Odd"."T"')""")
    assert lines[0] == '"Odd"."T" kind=r triggers=0 rls=0'
    assert [line for line in lines if not line.startswith("column")][1:] == [
        "primary id OPERATOR(pg_catalog.=)", "unique code OPERATOR(pg_catalog.=)",
        "unique p OPERATOR(pg_catalog.=) e OPERATOR(pg_catalog.=)", "foreign T_p_fkey p -> public.parent"]
    columns = {line.split()[1]: line for line in lines if line.startswith("column")}
    assert list(columns) == ["id", "code", "amount", "s", "twice", "tags", "at", "p", "e", "d"]
    assert columns["id"].endswith("name=bigint not_null identity")
    assert "length=10 precision=-1 scale=-1 name=character varying(10) not_null" in columns["code"]
    assert "precision=12 scale=2 name=numeric(12,2) default" in columns["amount"]
    assert columns["s"].endswith("name=public.short not_null default")
    assert columns["twice"].endswith("name=numeric generated")
    assert columns["tags"].endswith("name=text[]") and "length=-1" in columns["tags"]
    assert "precision=3" in columns["at"]


def test_describe_triggers_and_policies(wall):
    wall.cluster.psql("""
        CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TABLE parts (id int) PARTITION BY LIST (id); CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1);
        CREATE TRIGGER t BEFORE INSERT ON part_1 FOR EACH ROW EXECUTE FUNCTION noop();
        CREATE TABLE guarded (id int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
        CREATE TRIGGER t AFTER INSERT ON guarded FOR EACH ROW EXECUTE FUNCTION noop();
        CREATE ROLE reader LOGIN; GRANT SELECT ON guarded TO reader;""")
    assert column(wall, "SELECT * FROM wall_describe('parts')")[0] == "public.parts kind=p triggers=1 rls=0"
    assert column(wall, "SELECT * FROM wall_describe('guarded')")[0] == "public.guarded kind=r triggers=0 rls=0"
    seen = wall.cluster.sql("SELECT * FROM wall_describe('guarded')", user="reader")[0][0]
    assert seen == "public.guarded kind=r triggers=0 rls=1"
    assert column(wall, "SELECT * FROM wall_describe(4294967295)") == []


def test_try_lock(wall):
    wall.cluster.psql("CREATE TABLE one (id int); CREATE TABLE many (id int) PARTITION BY LIST (id);"
                      "CREATE TABLE many_1 PARTITION OF many FOR VALUES IN (1);")
    assert wall.cluster.scalar("SELECT wall_try_lock('one')") and wall.cluster.scalar("SELECT wall_try_lock('many')")
    with wall.cluster.connect(autocommit=False) as c:
        c.execute("LOCK TABLE one, ONLY many_1 IN SHARE MODE")
        assert not wall.cluster.scalar("SELECT wall_try_lock('one')")
        assert not wall.cluster.scalar("SELECT wall_try_lock('many')")
    assert wall.cluster.scalar("SELECT wall_try_lock(4294967295)")


def test_roles(wall):
    wall.cluster.psql("CREATE TABLE owned (id int); CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher;"
                      "GRANT SELECT ON owned TO watcher;")
    assert wall.cluster.scalar("SELECT wall_roles('watcher', 'owned')") == "login monitor [SELECT]"
    assert wall.cluster.scalar("SELECT wall_roles('postgres', 'owned')") == (
        "superuser login monitor [SELECT][SELECT, INSERT][DELETE]")


def test_settings(wall):
    with wall.cluster.connect() as c:
        assert c.execute("SELECT wall_settings()").fetchone() == (64 << 20,)
        assert c.execute("SHOW tandem.worker_slice").fetchone() == ("10s",)
        assert c.execute("SHOW tandem.max_response_bytes").fetchone() == ("64MB",)
        with pytest.raises(psycopg.Error, match="tandem"):
            c.execute("SET tandem.no_such_setting = 1")
        c.execute("SET tandem.tenant = 'acme'")
        with pytest.raises(errors.CantChangeRuntimeParam):
            c.execute("SET tandem.allow_http = on")
    with wall.cluster.connect(user="postgres", options="-c tandem.tenant=x") as c:
        assert c.execute("SELECT wall_settings()").fetchone() == (64 << 20,)


def test_wait_in_the_callers_session(wall):
    assert wall.cluster.scalar("SELECT wall_wait(1)") == "waited"
