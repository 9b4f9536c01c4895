"""What follows a run: other mappings, SQL functions, mappings that wait; and what listeners are told."""

import json
import threading

import psycopg
import pytest

from cluster import wait_until
from pull import Pull, records, things


def other(pull: Pull, name: str, **arguments) -> Pull:
    """Another mapping of the same object into a table of its own."""
    options = arguments.pop("options", {})
    pull.database.sql(f"CREATE TABLE {name} (id text PRIMARY KEY, name text)")
    pull.database.sql("SELECT tandem.create_mapping(%s, 'things_api', 'things', %s::regclass, '{\"id\": \"id\", \"name\": \"name\"}',"
                      " sync_mode => 'full', options => %s::jsonb)", (name, name, json.dumps(options)))
    return Pull(pull.database, name)


def ended(database, name: str, count: int = 1) -> None:
    database.wait_for(f"SELECT count(*) FILTER (WHERE status IN ('completed', 'partial')) >= {count} FROM tandem.recent_runs"
                      f" WHERE mapping = '{name}'")


def triggers(database, name: str) -> list[str]:
    return [row[0] for row in database.sql("SELECT trigger FROM tandem.recent_runs WHERE mapping = %s ORDER BY run", (name,))]


def test_follow_ups_start_one_after_the_other_with_the_same_flag(api, database):
    pull = things(api, database, records(3), options={"follow_ups": ["second"]})
    other(pull, "second", options={"follow_ups": [{"mapping": "third"}]})
    other(pull, "third")
    assert pull.run(full=True).status == "completed"
    ended(database, "third")
    assert triggers(database, "second") == ["follow_up"] and triggers(database, "third") == ["follow_up"]
    assert database.sql('SELECT DISTINCT "full" FROM tandem.recent_runs') == [(True,)]
    assert database.scalar("SELECT count(*) FROM third") == 3


def test_a_full_run_that_was_wanted_meanwhile_is_a_full_one(api, database):
    pull = things(api, database, records(3), options={"follow_ups": ["second"]})
    second = other(pull, "second")
    listing, proceed, held = api.listing("/things", records(3)), threading.Event(), [True]

    def served(request):
        if held:
            held.pop()
            proceed.wait(60)
        return listing.answer(request, api.url)

    api.route("/things", served)
    run = second.start()
    database.wait_for(f"SELECT status = 'running' FROM tandem._run WHERE run = {run}")
    wait_until(lambda: not held, what="the request of the second mapping")
    assert pull.run(full=True).status == "completed"
    proceed.set()
    ended(database, "second", 2)
    assert database.sql("SELECT \"full\", trigger FROM tandem.recent_runs WHERE mapping = 'second' ORDER BY run") == [
        (False, "manual"), (True, "follow_up")]


def test_a_cycle_of_follow_ups_ends(api, database):
    pull = things(api, database, records(3), options={"follow_ups": ["second"]})
    other(pull, "second", options={"follow_ups": ["things"]})
    pull.run()
    ended(database, "second")
    database.wait_for("SELECT count(*) = 0 FROM tandem.run_progress")
    assert triggers(database, "things") == ["manual"] and triggers(database, "second") == ["follow_up"]


def test_a_failed_run_has_no_follow_up(api, database):
    pull = things(api, database, records(3), options={"follow_ups": ["second"]})
    other(pull, "second")
    api.fault("/things", "500")
    assert pull.run().status == "failed"
    assert triggers(database, "second") == []


def test_a_function_is_part_of_the_run_and_gets_its_number(api, database):
    database.sql("CREATE TABLE told (run bigint, role text)")
    database.sql("CREATE FUNCTION tell(run bigint) RETURNS void LANGUAGE sql AS 'INSERT INTO told VALUES ($1, current_user)'")
    pull = things(api, database, records(3), options={"follow_ups": [{"function": "tell"}]})
    run = pull.run()
    assert run.status == "completed"
    assert database.sql("SELECT * FROM told") == [(run.run, database.scalar("SELECT owner FROM tandem.mappings"))]
    assert "public.tell(bigint)" in database.scalar("SELECT options::text FROM tandem.mappings")


def test_a_function_that_fails_makes_the_run_partial_and_undoes_only_itself(api, database):
    database.sql("CREATE FUNCTION tell() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM things; RAISE 'no'; END $$")
    pull = things(api, database, records(3), options={"follow_ups": [{"function": "tell()"}]})
    run = pull.run()
    assert (run.status, run.code) == ("partial", "TD806") and "public.tell() failed: no" in run.message
    assert database.sql("SELECT status_reason, next_step FROM tandem.mapping_status") == [(run.message, "SELECT * FROM tandem.doctor('things');")]
    assert len(pull.rows()) == 3


def test_a_follow_up_that_is_gone_is_told(api, database):
    pull = things(api, database, records(3), options={"follow_ups": ["second"]})
    run = pull.run()
    assert (run.status, run.code) == ("completed", "TD806") and "second" in run.message


def test_after_waits_for_all(api, database):
    pull = things(api, database, records(3))
    second = other(pull, "second")
    other(pull, "waiter", options={"after": ["things", "second"]})
    pull.run()
    pull.run()
    assert triggers(database, "waiter") == []
    second.run()
    ended(database, "waiter")
    second.run()
    assert triggers(database, "waiter") == ["after"], "things had no run since"
    pull.run()
    ended(database, "waiter", 2)
    second.run()
    assert triggers(database, "waiter") == ["after"] * 2, "the run of things that it came after has been counted"


def test_verifications_and_idle_retries_start_nothing(api, database):
    pull = things(api, database, [{"id": "a", "name": "x", "qty": -1}], table="id text PRIMARY KEY, name text, qty integer CHECK (qty > 0)",
                  options={"follow_ups": ["second"]})
    second = other(pull, "second")
    other(pull, "waiter", options={"after": ["things", "second"]})
    pull.run()
    ended(database, "waiter")
    for start in ("retry_failed_sync", "verify_now"):
        run = database.scalar(f"SELECT tandem.{start}('things')")
        assert database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,)) == "partial"
    assert triggers(database, "second") == ["follow_up"]
    second.run()
    assert triggers(database, "waiter") == ["after"], "things had no run since"
    database.sql("ALTER TABLE things DROP CONSTRAINT things_qty_check")
    run = database.scalar("SELECT tandem.retry_failed_sync('things')")
    assert database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (run,)) == "completed"
    ended(database, "second", 3)
    ended(database, "waiter", 2)


def test_wrong_chains_are_refused(api, database):
    pull = things(api, database, records(1))
    for options, message in [({"follow_ups": ["things"]}, "follow itself"), ({"after": ["things"]}, "cannot wait for itself"),
                             ({"follow_ups": [{"function": "nothing"}]}, "function nothing does not exist"),
                             ({"follow_ups": [{}]}, "either a mapping or a function"), ({"follow_ups": "x"}, "must be an array")]:
        with pytest.raises(psycopg.errors.InvalidParameterValue, match=message):
            database.sql("SELECT tandem.alter_mapping('things', %s::jsonb)", (json.dumps({"options": options}),))
    assert pull.run().status == "completed"


def test_listeners_are_told_ids_only(api, database):
    pull = things(api, database, records(3))
    with database.connect() as session:
        session.execute("LISTEN tandem")
        run = pull.run()
        told = []
        for notification in session.notifies():
            told.append(json.loads(notification.payload))
            if told[-1]["status"] == "completed":
                break
    key = str(database.scalar("SELECT tandem.tenant_key()"))
    assert [t["status"] for t in told] == ["pending", "running", "completed"]
    assert all(set(t) == {"event", "tenant_key", "mapping_id", "run", "status"} and t["tenant_key"] == key and t["run"] == run.run
               for t in told)
