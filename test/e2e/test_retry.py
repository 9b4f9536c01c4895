"""Records that failed are tried again from what is stored of them: retry_failed_sync, retry_sync_error."""

import psycopg
import pytest

from pull import Pull, records, things

TABLE = "id text PRIMARY KEY, name text, qty integer CHECK (qty < 100)"


def bad(count: int = 3) -> list[dict]:
    return [{**record, "qty": record["qty"] + 100} for record in records(count)]


def retried(pull: Pull, error: int | None = None):
    number = (pull.database.scalar("SELECT tandem.retry_failed_sync(%s)", (pull.name,)) if error is None else
              pull.database.scalar("SELECT tandem.retry_sync_error(%s)", (error,)))
    pull.database.scalar("SELECT tandem.wait_for_run(%s, '60 s')", (number,))
    return pull.run_row(number)


def test_records_that_failed_go_in_without_asking_again(api, database):
    pull = things(api, database, records(2) + bad(4)[2:], table=TABLE)
    assert pull.run().status == "partial" and len(pull.errors()) == 2
    cursor = database.sql("SELECT cursor_value, resume FROM tandem._mapping", user="postgres")
    asked = len(api.requests())
    database.sql("ALTER TABLE things DROP CONSTRAINT things_qty_check")
    run = retried(pull)
    assert (run.status, run.trigger, run.records_read, run.created, run.failed, run.pages) == ("completed", "retry", 2, 2, 0, 1)
    assert len(pull.rows()) == 4 and pull.errors() == []
    assert len(api.requests()) == asked, "nobody was asked"
    assert database.sql("SELECT cursor_value, resume FROM tandem._mapping", user="postgres") == cursor
    notes = database.sql("SELECT DISTINCT resolution_notes FROM tandem.sync_errors")
    assert notes == [(f"the record went in with run {run.run}",)]
    assert database.scalar("SELECT rows_synced FROM tandem.mapping_status") == 4


def test_those_that_fail_again_stay_and_count_their_attempts(api, database):
    pull = things(api, database, bad(2), table=TABLE)
    pull.run()
    run = retried(pull)
    assert (run.status, run.failed) == ("partial", 2)
    assert pull.errors("code, attempts, run") == [("TD404", 2, run.run)] * 2
    database.sql("ALTER TABLE things DROP CONSTRAINT things_qty_check, ALTER name TYPE varchar(3)")
    assert retried(pull).failed == 2
    assert pull.errors("origin_id, code, attempts") == [("r00000", "TD105", 1), ("r00001", "TD105", 1)], "another error"
    database.sql("ALTER TABLE things ALTER name TYPE text")
    assert database.scalar("SELECT tandem.retry_failed_sync('things')") is None, "such errors are not retryable by themselves"


def test_one_error_is_tried_when_a_person_asks(api, database):
    pull = things(api, database, records(3), table="id text PRIMARY KEY, name varchar(3), qty integer")
    pull.run()
    database.sql("ALTER TABLE things ALTER name TYPE text")
    errors = [error for error, in pull.errors("error")]
    assert retried(pull, errors[1]).created == 1
    assert [row[0] for row in pull.rows()] == ["r00001"] and len(pull.errors()) == 2
    runs = database.sql("SELECT DISTINCT tandem.retry_sync_error(error) FROM tandem.sync_errors WHERE resolved_at IS NULL")
    database.wait_for("SELECT count(*) = 3 FROM things")
    assert len(runs) == 1, "what is asked for together is one run"
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="cannot be tried again"):
        database.sql("SELECT tandem.retry_sync_error(%s)", (errors[1],))
    with pytest.raises(psycopg.errors.UndefinedObject, match="does not exist"):
        database.sql("SELECT tandem.retry_sync_error(1000000)")


def test_an_old_record_does_not_replace_a_newer_one(api, database):
    pull = things(api, database, bad(2), table=TABLE)
    pull.run()
    api.listing("/things", [{"id": "r00000", "name": "newer", "qty": 1}, bad(2)[1]])
    pull.run()
    assert pull.errors("origin_id") == [("r00001",)], "what went in is no error any more"
    database.sql("ALTER TABLE things DROP CONSTRAINT things_qty_check")
    assert retried(pull).records_read == 1
    assert pull.rows("id, name") == [("r00000", "newer"), ("r00001", "thing 1")]


def test_back_to_what_it_was_is_no_error_any_more(api, database):
    pull = things(api, database, records(2), table=TABLE)
    pull.run()
    api.listing("/things", [*bad(1), records(2)[1]])
    pull.run()
    assert pull.errors("origin_id") == [("r00000",)]
    api.listing("/things", records(2))
    assert pull.run().status == "completed"
    assert pull.errors() == [], "the row is as the source has it"


def test_a_record_that_is_given_twice_is_settled_within_its_listing(api, database):
    pull = things(api, database, [*bad(1), *records(3, 1), records(1)[0]], style="offset", listing={"size": 2}, table=TABLE)
    assert pull.run().status == "partial"
    assert pull.errors() == [] and pull.rows("qty")[0] == (0,)


def test_records_without_an_id_are_tried_under_another_key(api, database):
    pull = things(api, database, [{"no": "n1", "name": "one", "qty": 1}], columns={"id": "id", "name": "name"}, table="id text PRIMARY KEY, name text")
    pull.run()
    assert pull.errors("code, origin_id") == [("TD104", None)]
    database.sql("""SELECT tandem.alter_mapping('things', '{"key": ["no"], "columns": {"id": null, "no": "id"}}')""")
    assert retried(pull, pull.errors("error")[0][0]).created == 1
    assert pull.errors() == [] and pull.rows() == [("n1", "one")]


def test_thousands_in_chunks_and_beside_a_reading_of_the_source(api, database):
    pull = things(api, database, bad(2500), style="offset", listing={"size": 1000}, table=TABLE)
    pull.run()
    assert database.scalar("SELECT unresolved_errors FROM tandem.mapping_status") == 2500
    database.sql("ALTER TABLE things DROP CONSTRAINT things_qty_check")
    with database.connect() as session, session.transaction():
        retry = session.execute("SELECT tandem.retry_failed_sync('things')").fetchone()[0]
        pulled = session.execute("SELECT tandem.sync_now('things')").fetchone()[0]
    for run in (retry, pulled):
        assert database.scalar("SELECT tandem.wait_for_run(%s)", (run,)) == "completed"
    assert (pull.run_row(retry).created, pull.run_row(retry).pages) == (2500, 3)
    assert pull.run_row(pulled).trigger == "manual" and pull.run_row(pulled).created == 0
    assert database.scalar("SELECT max(started_at) >= min(completed_at) FROM tandem.recent_runs WHERE run = ANY (%s)", ([retry, pulled],)), "never both at once"
    assert pull.errors() == []


def test_a_record_that_jsonb_cannot_hold_is_tried_from_its_text(api, database):
    api_record = '{"id": "a", "name": "x\\u0000y", "qty": 1}'
    pull = things(api, database, [api_record], table=TABLE)
    pull.run()
    assert pull.errors("code, record, record_text") == [("TD109", None, api_record)]
    database.sql("""SELECT tandem.alter_mapping('things', '{"columns": {"name": null}}')""")
    assert retried(pull, pull.errors("error")[0][0]).created == 1 and pull.errors() == []


def test_only_the_owner_may_and_only_what_can_run(api, database):
    pull = things(api, database, bad(1), table=TABLE)
    pull.run()
    database.sql("SELECT tandem.pause_mapping('things')")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="is paused"):
        database.sql("SELECT tandem.retry_failed_sync('things')")
    database.sql("SELECT tandem.resume_mapping('things')")
    database.cluster.psql("CREATE ROLE stranger_of_retries LOGIN; GRANT USAGE ON SCHEMA tandem TO stranger_of_retries;"
                          "GRANT EXECUTE ON ALL ROUTINES IN SCHEMA tandem TO stranger_of_retries", database.name)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.sql("SELECT tandem.retry_failed_sync('things')", user="stranger_of_retries")
    assert retried(pull).status == "partial"
