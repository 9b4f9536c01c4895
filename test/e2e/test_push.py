"""Local changes go out: created, updated and deleted at a server that keeps a ledger of what it accepted."""

from __future__ import annotations

from crm import Crm
from pull import Pull

FIELDS = {"name": str, "email": str, "qty": int}
WRITE = {"create": {"path": "/contacts"}, "update": {"path": "/contacts/{id}"}, "delete": {"path": "/contacts/{id}"}}
OBJECT = {"contacts": {"path": "/contacts", "records": "items", "write": WRITE}}


def pushed(crm, database, write=None, name="contacts", **arguments):
    columns = {"name": "name", "email": "email", "qty": "qty"}
    pull = Pull(database, name).connect(crm.url, {"contacts": {**OBJECT["contacts"], "write": write or WRITE}})
    pull.table("id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, email text, qty int")
    return pull.map(columns, direction="push", **arguments)


def acknowledged(database, name="contacts"):
    """Everything that was captured has been accepted, or stands in the way as an error."""
    database.wait_for(
        "SELECT NOT EXISTS (SELECT FROM tandem._outbox) AND NOT EXISTS (SELECT FROM tandem._outbox_item WHERE state IN ('p', 'c'))")


def test_insert_update_delete_arrive(database):
    with Crm() as crm:
        contacts = crm.kind("contacts", FIELDS)
        pushed(crm, database, delete_mode="hard")
        database.sql("INSERT INTO contacts (name, email, qty) VALUES ('Ann', 'ann@example.com', 1), ('Bob', NULL, 2)")
        acknowledged(database)
        assert sorted(contacts.all("name", "email", "qty").values()) == [("Ann", "ann@example.com", 1), ("Bob", None, 2)]
        database.sql("UPDATE contacts SET qty = 5 WHERE name = 'Ann'")
        acknowledged(database)
        assert sorted(contacts.all("name", "email", "qty").values()) == [("Ann", "ann@example.com", 5), ("Bob", None, 2)]
        last = crm.accepted("contacts")[-1]
        assert last.given == {"qty": 5}, "only what changed is sent"
        database.sql("DELETE FROM contacts WHERE name = 'Bob'")
        acknowledged(database)
        assert list(contacts.all("name").values()) == [("Ann",)]
