"""Errors through the wall, in both directions: nothing of them is lost, nothing leaks, destructors run."""

import threading

import psycopg
import pytest
from psycopg import errors

SQLSTATES = ["22023", "22P02", "42704", "42703", "42710", "42809", "2BP01", "42501", "0A000", "55000", "55006", "08006",
             "08P01", "58000", "28000", "57014", "54000", "XX000"]  # in the order of base::Errc


def failing(wall, query, params=None):
    with pytest.raises(psycopg.Error) as caught:
        wall.cluster.sql(query, params)
    return caught.value.diag


def test_postgres_error_survives_whole(wall):
    with wall.cluster.connect() as c:
        with pytest.raises(errors.CheckViolation) as caught:
            c.execute("SELECT wall_raise(4)")
        diag = caught.value.diag
        assert (diag.message_primary, diag.message_detail, diag.message_hint) == ("the message", "The detail.", "The hint.")
        assert (diag.schema_name, diag.table_name, diag.column_name, diag.constraint_name) == (
            "the_schema", "the_table", "the_column", "the_constraint")
        assert diag.source_function == "raise_with_everything"
        assert c.execute("SELECT wall_destroyed()").fetchone() == (5,)


def test_failure_becomes_its_sqlstate(wall):
    diag = failing(wall, "SELECT wall_throw('failure')")
    assert diag.sqlstate == "42704"
    assert (diag.message_primary, diag.message_detail, diag.message_hint) == (
        'no mapping named "x"', "There is none.", "SELECT 1;")
    assert [failing(wall, "SELECT wall_throw_code(%s)", (i,)).sqlstate for i in range(len(SQLSTATES))] == SQLSTATES


@pytest.mark.parametrize("kind, sqlstate, message", [
    ("bad_alloc", "53200", "out of memory"), ("bad_alloc in guard", "53200", "out of memory"),
    ("runtime_error", "XX000", "something else: %s"), ("int", "XX000", "unknown C++ exception"),
    ("dangling stack", "XX000", "exception stack was not restored")])
def test_anything_else_thrown(wall, kind, sqlstate, message):
    with wall.cluster.connect() as c:
        with pytest.raises(psycopg.Error) as caught:
            c.execute("SELECT wall_throw(%s)", (kind,))
        assert (caught.value.diag.sqlstate, caught.value.diag.message_primary) == (sqlstate, message)
        assert c.execute("SELECT wall_destroyed()").fetchone() == (1,)


def test_a_long_message_is_cut_between_characters(wall):
    assert failing(wall, "SELECT wall_throw('long utf8')").message_primary == "a" + "é" * 1023


def test_no_memory(wall):
    with wall.cluster.connect() as c:
        for size, huge, sqlstate in ((2 << 30, False, "XX000"), (1 << 60, True, "53200")):
            with pytest.raises(psycopg.Error) as caught:
                c.execute("SELECT wall_palloc(%s, %s)", (size, huge))
            assert caught.value.sqlstate == sqlstate
        assert c.execute("SELECT wall_destroyed()").fetchone() == (2,)
        assert c.execute("SELECT wall_no_memory_to_copy()").fetchone() == ("53200 out of memory",)
        assert c.execute("SELECT wall_palloc(1000, false)").fetchone() is not None


def test_a_guard_restores_what_it_found(wall):
    assert wall.cluster.scalar("SELECT wall_restored()")
    assert wall.cluster.scalar("SELECT wall_noexcept_entry()")
    assert "swallowed on purpose" in wall.cluster.log_text()


def test_a_million_caught_errors_leave_nothing(wall):
    caught, before, after, rss_before, rss_after = wall.cluster.sql("SELECT * FROM wall_catch_many(1000000)")[0]
    assert caught == 1_000_000
    assert after == before
    assert rss_after - rss_before < 1 << 20


def test_errors_passed_on_leave_nothing(wall):
    """Raised by us, caught by PL/pgSQL, again and again in one transaction."""
    loop = """DO $$ BEGIN FOR i IN 1..{} LOOP
                BEGIN PERFORM wall_raise(1); EXCEPTION WHEN check_violation THEN NULL; END;
                BEGIN PERFORM wall_run('SELECT wall_raise(0)'); EXCEPTION WHEN check_violation THEN NULL; END;
                BEGIN PERFORM wall_throw('failure'); EXCEPTION WHEN undefined_object THEN NULL; END;
              END LOOP; END $$"""
    with wall.cluster.connect() as c:
        c.execute(loop.format(1000))
        before = c.execute("SELECT wall_memory()").fetchone()[0]
        c.execute(loop.format(10000))
        assert c.execute("SELECT wall_memory()").fetchone()[0] - before < 1 << 16


def test_nested_entries(wall):
    with wall.cluster.connect() as c:
        with pytest.raises(errors.DivisionByZero):
            c.execute("SELECT wall_run('SELECT wall_run(''SELECT (1/0)::text'')')")
        assert c.execute("SELECT wall_destroyed()").fetchone() == (2,)
        with pytest.raises(errors.UndefinedObject):
            c.execute("SELECT wall_run('SELECT wall_throw(''failure'')')")
        assert c.execute("SELECT wall_run('SELECT wall_run(''SELECT 42::text'')')").fetchone() == ("42",)


def test_failure_does_not_leave_spi_connected(wall):
    with wall.cluster.connect() as c:
        notices = []
        c.add_notice_handler(lambda diag: notices.append(diag.message_primary))
        assert c.execute("SELECT wall_failure_inside()").fetchone() == ("went on",)
        assert notices == []


@pytest.mark.parametrize("statement, said", [
    ("SELECT 1", "no error, rows 1"), ("SELECT 1/0", "22012, rows 0"),
    ("SELECT wall_run('SELECT (1/0)::text')", "22012, rows 0"), ("SELECT wall_boom(1)", "22012, rows 0"),
    ("SELECT wall_throw('failure')", "42704, rows 0"), ("SELECT wall_caught('SELECT 1/0')", "no error, rows 1"),
    ("not SQL", "42601, rows 0")])
def test_savepoint_rolls_back_and_goes_on(wall, statement, said):
    with wall.cluster.connect() as c:
        notices = []
        c.add_notice_handler(lambda diag: notices.append((diag.severity, diag.message_primary)))
        # Inside PL/pgSQL, whose own SPI connection must be on top again afterwards.
        c.execute("CREATE FUNCTION pg_temp.f(s text) RETURNS text LANGUAGE plpgsql AS "
                  "'DECLARE r text; BEGIN r := wall_caught(s); PERFORM 1; RETURN r; END'")
        assert c.execute("SELECT pg_temp.f(%s)", (statement,)).fetchone() == (said,)
        assert [n for n in notices if n[0] == "WARNING"] == []


def test_a_caught_error_without_rollback_stops_the_connection(wall):
    diag = failing(wall, "SELECT wall_caught_without_savepoint()")
    assert diag.sqlstate == "XX000" and "must be aborted" in diag.message_primary


def test_statement_timeout_and_cancel_pass_on(wall):
    with wall.cluster.connect() as c:
        c.execute("SET statement_timeout = 100")
        for query in ("SELECT wall_run('SELECT pg_sleep(60)::text')", "SELECT wall_caught('SELECT pg_sleep(60)')",
                      "SELECT wall_wait(1000000)"):
            with pytest.raises(errors.QueryCanceled):
                c.execute(query)
        c.execute("SET statement_timeout = 0")
        c.execute("SELECT wall_destroyed()")
        thread = threading.Thread(target=lambda: wall.cluster.wait_for(
            f"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = {c.info.backend_pid} AND wait_event = 'PgSleep'"))
        thread.start()
        with pytest.raises(errors.QueryCanceled):
            c.execute("SELECT wall_run('SELECT wall_caught(''SELECT pg_sleep(60)'')')")
        thread.join()
        assert c.execute("SELECT wall_destroyed()").fetchone() == (1,)


@pytest.mark.parametrize("query, event", [
    ("SELECT wall_caught('SELECT pg_sleep(60)')", "PgSleep"), ("SELECT wall_wait(1000000)", "Extension")])
def test_terminate_passes_on(wall, query, event):
    with wall.cluster.connect() as c:
        thread = threading.Thread(target=lambda: wall.cluster.wait_for(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = {c.info.backend_pid} AND wait_event = '{event}'"))
        thread.start()
        with pytest.raises(psycopg.OperationalError, match="terminating connection due to administrator command"):
            c.execute(query)
        thread.join()


def test_log(wall):
    with wall.cluster.connect() as c:
        notices = []
        c.add_notice_handler(lambda n: notices.append((n.severity, n.message_primary, n.message_detail, n.message_hint)))
        c.execute("SELECT wall_log()")
        assert notices == [("NOTICE", "a notice with % and %s", "Its detail.", "Its hint.")]


def test_arguments_and_results(wall):
    with wall.cluster.connect() as c:
        c.execute("SET TIME ZONE 'UTC'")
        row = c.execute("""SELECT (r.*)::text FROM wall_arguments('x', 9007199254740993, true, ARRAY['a', '', 'c'],
                           '1 month 2 days 3 seconds', '2000-01-01 00:00:01+00', '{"k": 1}') r""").fetchone()[0]
        assert row == '(x,9007199254740993,t,<a><><c>,2764803000000,"2000-01-01 00:00:01+00","{""k"": 1}",)'
        assert c.execute("SELECT (r.*)::text FROM wall_arguments(null, null, null, null, null, null, null) r"
                         ).fetchone() == ('(,,,"",,,,)',)
        with pytest.raises(errors.NullValueNotAllowed):
            c.execute("SELECT wall_arguments(null, null, null, ARRAY['a', null], null, null, null)")
        with pytest.raises(errors.InvalidParameterValue, match="argument kind must not be null"):
            c.execute("SELECT wall_throw(null)")
        assert c.execute("SELECT * FROM wall_rows(2)").fetchall() == [(0, "row 0", {"i": 1}, 1.5), (1, "row 1", {"i": 1}, 1.5)]
        assert c.execute("SELECT * FROM wall_texts()").fetchall() == [("a",), (None,), ("b",)]
        assert c.execute("SELECT wall_texts()").fetchall() == [("a",), (None,), ("b",)]
