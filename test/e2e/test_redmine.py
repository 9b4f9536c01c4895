"""Issues of a real Redmine. What is odd about it (answers cut to 100, closed issues hidden, times of whole seconds, offsets
that shift) is told by manifests/redmine.json, not by code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pull import Pull
from servers import STATUSES, Redmine

MANIFEST = Path(__file__).resolve().parent / "manifests" / "redmine.json"
TABLE = ("id integer PRIMARY KEY, subject text NOT NULL, description text, status integer, done integer, origin text,"
         " updated_on timestamptz")
COLUMNS = {"id": "id", "subject": "subject", "description": "description", "status.id": "status", "done_ratio": "done",
           "custom_fields.0.value": "origin", "updated_on": "updated_on"}


def issues(database: Any, redmine: Redmine, columns: Any = None, **arguments: Any) -> Pull:
    """Connector, connection, table and mapping `issues`."""
    database.sql("SELECT tandem.create_connector('redmine', %s)", (MANIFEST.read_text(),), user="postgres")
    database.sql("SELECT tandem.create_connection('issues_api', 'redmine', %s::jsonb, %s::jsonb)",
                 (json.dumps({"base_url": redmine.url}), json.dumps({"key": redmine.admin_key})))
    return Pull(database, "issues").table(TABLE).map(columns or COLUMNS, **arguments)


def test_the_manifest_is_short():
    assert len(MANIFEST.read_text().splitlines()) <= 60


def test_all_issues_come_closed_ones_and_those_behind_the_hundredth_too(database, redmine):
    made = [redmine.create(f"issue {i}", origin=f"o{i}")["id"] for i in range(103)]
    redmine.close(made[5])
    pull = issues(database, redmine, options={"page_size": 500})
    run = pull.run()
    assert (run.status, run.records_read, run.created, run.pages) == ("completed", 103, 103, 2), run.row
    assert pull.rows("subject, status, origin", order="id") == [
        (f"issue {i}", STATUSES["Closed" if i == 5 else "New"], f"o{i}") for i in range(103)]


def test_changes_within_one_second_are_not_lost(database, redmine):
    issue, other = redmine.create("first")["id"], redmine.create("other")["id"]
    pull = issues(database, redmine)
    pull.run()
    for round_ in range(4):
        redmine.edit(issue, subject=f"round {round_}", done_ratio=10 * round_)
        run = pull.run()
        assert (run.status, run.updated) == ("completed", 1), run.row
        assert pull.rows("id, subject, done") == [(issue, f"round {round_}", 10 * round_), (other, "other", 0)]


def test_an_incremental_run_asks_for_what_changed(database, redmine):
    redmine.create("old")
    pull = issues(database, redmine)
    first = pull.run()
    assert first.cursor_after
    database.sql("SELECT tandem.reset_cursor('issues', '2100-01-01T00:00:00Z')")
    assert pull.run().records_read == 0


def test_what_was_deleted_goes_in_a_full_run(database, redmine):
    kept, gone = redmine.create("kept")["id"], redmine.create("gone")["id"]
    pull = issues(database, redmine, delete_mode="hard")
    pull.run()
    redmine.delete(gone)
    assert pull.run(full=True).deleted == 1
    assert pull.rows("id") == [(kept,)]
