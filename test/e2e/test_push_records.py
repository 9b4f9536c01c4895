"""Batches that an application hands over: sent without rows of their own, each record's fate told."""

from __future__ import annotations

from crm import Crm
from psycopg.types.json import Jsonb
from pull import Pull

FIELDS = {"name": str, "email": str, "qty": int}
WRITE = {"create": {"path": "/contacts"}, "update": {"path": "/contacts/{id}"}, "delete": {"path": "/contacts/{id}"}}
OBJECT = {"contacts": {"path": "/contacts", "records": "items", "write": WRITE}}


def contacts_of(crm, database, write=None, **kind):
    contacts = crm.kind("contacts", FIELDS, **kind)
    pull = Pull(database, "contacts").connect(crm.url, {"contacts": {**OBJECT["contacts"], "write": write or WRITE}})
    pull.table("id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, email text UNIQUE, qty int")
    pull.map({"name": "name", "email": "email", "qty": "qty"}, direction="push", match_on=["email"])
    return contacts, pull


def push_records(database, *records):
    return database.scalar("SELECT tandem.push_records('contacts', %s)", (Jsonb(list(records)),))


def finished(database, batch):
    """(status, records, sent, failed, ambiguous, results) when nothing of the batch is pending any more."""
    row = []

    def done():
        row[:] = database.sql("SELECT status, records, sent, failed, ambiguous, results, completed_at IS NOT NULL FROM tandem.batch_status(%s)", (batch,))[0]
        return row[0] != "pending"

    database.wait_for(done)
    assert row.pop() is True, "it is complete"
    return tuple(row)


def test_a_batch_is_sent_and_its_records_are_known_from_then_on(database):
    with Crm() as crm:
        contacts, pull = contacts_of(crm, database)
        batch = push_records(database, {"email": "a@x", "name": "Ann", "qty": 1}, {"email": "b@x", "name": "Bob"})
        status, records, sent, failed, _, results = finished(database, batch)
        assert (status, records, sent, failed) == ("completed", 2, 2, 0)
        ids = [result["remote_id"] for result in results]
        assert [result["position"] for result in results] == [1, 2]
        assert contacts.get(ids[0])["name"] == "Ann" and contacts.get(ids[1])["name"] == "Bob"
        assert database.scalar("SELECT count(*) FROM contacts") == 0, "no row is needed"
        # what is not named stays as it is there, null clears it
        batch = push_records(database, {"email": "a@x", "qty": None}, {"email": "b@x", "name": "Bobby"}, {"email": "c@x"})
        status, _, _, _, _, results = finished(database, batch)
        assert status == "completed" and [result["remote_id"] for result in results[:2]] == ids
        assert (contacts.get(ids[0])["name"], contacts.get(ids[0])["qty"]) == ("Ann", None)
        assert contacts.get(ids[1])["name"] == "Bobby" and len(contacts.all()) == 3
        # the same once more: there is nothing to send
        accepted = len(crm.accepted("contacts"))
        status, _, sent, _, _, results = finished(database, push_records(database, {"email": "b@x", "name": "Bobby"}))
        assert (status, sent, results[0]["remote_id"]) == ("completed", 1, ids[1]) and len(crm.accepted("contacts")) == accepted
        # a row of the same email is the same record
        database.sql("INSERT INTO contacts (name, email, qty) VALUES ('Annie', 'a@x', 5)")
        database.wait_for(lambda: contacts.get(ids[0])["qty"] == 5)
        assert len(contacts.all()) == 3 and pull.errors() == []


def test_a_record_that_is_refused_is_told_and_can_be_retried(database):
    with Crm() as crm:
        contacts, pull = contacts_of(crm, database, required=("name",))
        batch = push_records(database, {"email": "a@x", "name": "Ann"}, {"email": "b@x", "qty": 2}, {"name": "nobody"})
        status, _, sent, failed, _, results = finished(database, batch)
        assert (status, sent, failed) == ("partial", 2, 1)
        error = results[1]["error"]
        assert results[1]["state"] == "failed" and results[1]["remote_id"] is None and error["message"]
        assert database.scalar("SELECT record FROM tandem.sync_errors WHERE error = %s", (error["error"],)) == {"email": "b@x", "qty": 2}
        contacts.kind.required = ()
        assert database.scalar("SELECT tandem.retry_sync_error(%s)", (error["error"],)) > 0
        database.wait_for(lambda: finished(database, batch)[0] == "completed")
        assert len(contacts.all()) == 3 and pull.errors() == []
        # or handed over once more, as it should have been
        contacts.kind.required = ("name",)
        bad = push_records(database, {"email": "d@x"})
        assert finished(database, bad)[0] == "failed"
        good = push_records(database, {"email": "d@x", "name": "Dot"})
        assert finished(database, good)[0] == finished(database, bad)[0] == "completed"
        assert pull.errors() == []


def test_what_nobody_knows_of_is_told_until_somebody_does(database):
    with Crm() as crm:
        contacts, pull = contacts_of(crm, database)
        crm.fault("lost", method="POST")
        batch = push_records(database, {"email": "a@x", "name": "Ann"})
        status, _, _, _, ambiguous, results = finished(database, batch)
        assert (status, ambiguous, results[0]["state"]) == ("partial", 1, "ambiguous")
        id_, = contacts.all()
        assert database.scalar("SELECT tandem.resolve_sync_error(%s, 'looked', remote_id => %s)", (results[0]["error"]["error"], id_))
        status, _, sent, _, _, results = finished(database, batch)
        assert (status, sent, results[0]["remote_id"]) == ("completed", 1, id_)
        push = push_records(database, {"email": "a@x", "name": "Anna"})
        assert finished(database, push)[0] == "completed" and contacts.all("name") == {id_: ("Anna",)}
        assert pull.errors() == []


def test_batches_meet_on_the_same_records_in_their_order(database):
    with Crm() as crm:
        contacts, pull = contacts_of(crm, database)
        batches = [push_records(database, *({"email": f"{n}@x", "name": f"{n} of {i}"} for n in range(20))) for i in range(10)]
        for batch in batches:
            assert finished(database, batch)[0] == "completed"
        assert sorted(contacts.all("name", "email").values()) == sorted((f"{n} of 9", f"{n}@x") for n in range(20))
        assert pull.errors() == []
