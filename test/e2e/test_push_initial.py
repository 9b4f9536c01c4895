"""Rows that are there when a push is made: sent or not, by choice; and sent once more when somebody asks for all."""

from __future__ import annotations

from crm import Crm
from test_push import OBJECT, acknowledged
from pull import Pull

FIELDS = {"name": str}


def filled(crm, database, **arguments):
    contacts = crm.kind("contacts", FIELDS)
    pull = Pull(database, "contacts").connect(crm.url, OBJECT)
    pull.table("id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text")
    database.sql("INSERT INTO contacts (name) VALUES ('Ann'), ('Bob')")
    return contacts, pull.map({"name": "name"}, direction="push", **arguments)


def names(contacts):
    return sorted(name for name, in contacts.all("name").values())


def arrived(database, contacts, expected):
    database.wait_for(lambda: names(contacts) == expected)


def test_rows_that_are_there_are_sent(database):
    with Crm() as crm:
        contacts, _ = filled(crm, database)
        arrived(database, contacts, ["Ann", "Bob"])


def test_unless_nobody_wants_it(database):
    with Crm() as crm:
        contacts, pull = filled(crm, database, options={"initial": "none"})
        database.sql("INSERT INTO contacts (name) VALUES ('Cid')")
        acknowledged(database)
        arrived(database, contacts, ["Cid"])
        database.wait_for("SELECT NOT EXISTS (SELECT FROM tandem._run WHERE status IN ('pending', 'running'))")
        run = pull.run(full=True)
        assert (run.status, run.created, run.skipped) == ("completed", 2, 1), "all rows were looked at"
        assert names(contacts) == ["Ann", "Bob", "Cid"]


def test_a_disabled_mapping_sends_them_when_it_is_enabled(database):
    with Crm() as crm:
        contacts, _ = filled(crm, database, enabled=False)
        database.sql("SELECT tandem.enable_mapping('contacts')")
        arrived(database, contacts, ["Ann", "Bob"])
