"""What people do about local changes on their way out: look, wait, try again, drop, send once more."""

from __future__ import annotations

from crm import Crm
from pull import Pull
from test_push import OBJECT, acknowledged

FIELDS = {"name": str}


def contacts_of(crm, database, **kind):
    contacts = crm.kind("contacts", FIELDS, **kind)
    pull = Pull(database, "contacts").connect(crm.url, OBJECT)
    pull.table("id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text")
    pull.map({"name": "name"}, direction="push", delete_mode="hard")
    return contacts, pull


def wait_for_sync(database, id_, timeout="30 s"):
    return database.scalar("SELECT tandem.wait_for_sync('contacts', jsonb_build_object('id', %s::int), %s::interval)", (id_, timeout))


def test_waiting_until_a_row_has_arrived(database):
    with Crm() as crm:
        contacts, _ = contacts_of(crm, database)
        database.sql("INSERT INTO contacts (name) VALUES ('Ann')")
        assert wait_for_sync(database, 1) == "synced"
        assert list(contacts.all("name").values()) == [("Ann",)]
        database.sql("UPDATE contacts SET name = 'Anna'")
        assert wait_for_sync(database, 1) == "synced"
        assert list(contacts.all("name").values()) == [("Anna",)]
        database.sql("DELETE FROM contacts")
        assert wait_for_sync(database, 1) == "synced"
        assert not contacts.all("name")


def test_what_is_parked_is_tried_again_or_dropped(database):
    with Crm() as crm:
        contacts, pull = contacts_of(crm, database, required=("name",))
        database.sql("INSERT INTO contacts (name) VALUES (NULL), (NULL)")
        assert wait_for_sync(database, 1) == "parked"
        assert wait_for_sync(database, 2) == "parked"
        assert database.sql("SELECT key, operation, state FROM tandem.outbox ORDER BY item") == [
            ({"id": "1"}, "insert", "parked"), ({"id": "2"}, "insert", "parked")]
        database.wait_for("SELECT status = 'partial' AND pending_changes = 0 AND unresolved_errors = 2 FROM tandem.mapping_status")
        number = dict(database.sql("SELECT origin_id, error FROM tandem.sync_errors WHERE resolved_at IS NULL"))
        assert database.scalar("SELECT tandem.discard_change(%s, 'no')", (number['{"id": "2"}'],)) is True
        contacts.kind.required = ()
        run = database.scalar("SELECT tandem.retry_sync_error(%s)", (number['{"id": "1"}'],))
        assert run is not None
        assert wait_for_sync(database, 1) == "synced"
        assert list(contacts.all("name").values()) == [(None,)]
        assert pull.errors() == []


def test_rows_that_are_asked_for_are_sent_again(database):
    with Crm() as crm:
        contacts, _ = contacts_of(crm, database)
        database.sql("INSERT INTO contacts (name) VALUES ('Ann'), ('Bob')")
        acknowledged(database)
        id_ = next(i for i, (name,) in contacts.all("name").items() if name == "Ann")
        sent = len(crm.accepted("contacts"))
        assert database.scalar("""SELECT tandem.resync('contacts', '[{"id": 1}]')""") == 1
        assert wait_for_sync(database, 1) == "synced"
        assert len(crm.accepted("contacts")) == sent, "it is there as it is here"
        assert database.scalar("SELECT tandem.resync('contacts')") > 0
        acknowledged(database)
        assert contacts.get(id_)["name"] == "Ann"


def test_what_waits_is_previewed_request_by_request(database):
    with Crm() as crm:
        contacts, pull = contacts_of(crm, database)
        database.sql("INSERT INTO contacts (name) VALUES ('Ann'), ('Bob'), ('Cat')")
        acknowledged(database)
        ids = {name: i for i, (name,) in contacts.all("name").items()}
        database.sql("SELECT tandem.pause_mapping('contacts')")
        database.sql("UPDATE contacts SET name = 'Anna' WHERE id = 1; DELETE FROM contacts WHERE id = 2; INSERT INTO contacts (name) VALUES ('Dan')")
        sent, items = len(crm.accepted()), database.scalar("SELECT count(*) FROM tandem.outbox")
        shown = database.sql("SELECT action, local_key->>'id', request->>'method', request->>'url', request->'body' "
                             "FROM tandem.preview_mapping('contacts')")
        things = f"{crm.url}/contacts"
        assert shown == [("update", "1", "PATCH", f"{things}/{ids['Ann']}", {"name": "Anna"}),
                         ("delete", "2", "DELETE", f"{things}/{ids['Bob']}", None),
                         ("create", "4", "POST", things, {"name": "Dan"}),
                         ("unchanged", "3", None, None, None)]
        assert len(crm.accepted()) == sent and database.scalar("SELECT count(*) FROM tandem.outbox") == items
        database.sql("SELECT tandem.resume_mapping('contacts')")
        acknowledged(database)
        assert sorted(contacts.all("name").values()) == [("Anna",), ("Cat",), ("Dan",)]
        assert pull.errors() == []


def held(crm, database):
    """A row that was sent, and nobody knows whether it arrived; its error."""
    crm.fault("lost", method="POST")
    database.sql("INSERT INTO contacts (name) VALUES ('Ann')")
    assert wait_for_sync(database, 1) == "ambiguous"
    [(error, code, message)] = database.sql("SELECT error, code, message FROM tandem.sync_errors")
    assert code == "TD313" and message.startswith("sent, and nothing tells whether it arrived: "), message
    return error


def test_a_person_knows_that_it_arrived(database):
    with Crm() as crm:
        contacts, pull = contacts_of(crm, database)
        error = held(crm, database)
        id_, = contacts.all()
        assert database.scalar("SELECT tandem.resolve_sync_error(%s, 'looked', remote_id => %s)", (error, id_)) is True
        assert wait_for_sync(database, 1) == "synced"
        assert pull.errors() == []
        database.sql("UPDATE contacts SET name = 'Anna'")
        assert wait_for_sync(database, 1) == "synced"
        assert contacts.all("name") == {id_: ("Anna",)}


def test_a_person_knows_that_it_did_not(database):
    with Crm() as crm:
        contacts, pull = contacts_of(crm, database)
        error = held(crm, database)
        contacts.delete(next(iter(contacts.all())))
        assert database.scalar("SELECT tandem.retry_sync_error(%s)", (error,)) > 0
        assert wait_for_sync(database, 1) == "synced"
        assert list(contacts.all("name").values()) == [("Ann",)]
        assert pull.errors() == []


def test_the_id_that_a_person_tells_stands_in_the_row(database):
    with Crm() as crm:
        contacts = crm.kind("contacts", FIELDS)
        Pull(database, "contacts").connect(crm.url, OBJECT).table(
            "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, crm_id text UNIQUE, name text").map(
            [{"field": "id", "column": "crm_id", "direction": "pull"}, {"field": "name", "column": "name"}],
            direction="push", match_on=["crm_id"], key=["id"])
        error = held(crm, database)
        id_, = contacts.all()
        assert database.scalar("SELECT tandem.resolve_sync_error(%s, remote_id => %s)", (error, id_)) is True
        assert database.scalar("SELECT crm_id FROM contacts") == id_
        database.sql("UPDATE contacts SET name = 'Anna'")
        assert wait_for_sync(database, 1) == "synced"
        assert contacts.all("name") == {id_: ("Anna",)}


def test_a_connection_that_is_refused_is_shown_while_requests_are_under_way(database):
    with Crm() as crm:
        contacts_of(crm, database)
        acknowledged(database)
        crm.fault("silence", method="POST", when=lambda request: b"silent" in request.body)
        crm.fault("401", times=1000, method="POST")
        database.sql("INSERT INTO contacts (name) VALUES ('silent'), ('Ann')")
        database.wait_for("SELECT status = 'auth_failed' FROM tandem.connection_status")
        assert database.scalar("SELECT count(*) FROM tandem.outbox WHERE state = 'sending'") == 1


def test_a_push_under_way_is_joined_by_a_full_one(database):
    with Crm() as crm:
        contacts, pull = contacts_of(crm, database)
        database.sql("INSERT INTO contacts (name) VALUES ('Ann'), ('Bob')")
        acknowledged(database)
        for name in ("Anna", "Hanna", "Johanna"):
            database.sql("UPDATE contacts SET name = name || '!' WHERE id = 2")
            assert wait_for_sync(database, 2) == "synced"
            # nobody captures it: only who looks at all rows sees it
            database.sql(f"ALTER TABLE contacts DISABLE TRIGGER tandem_capture_update; UPDATE contacts SET name = '{name}' WHERE id = 1; "
                         "ALTER TABLE contacts ENABLE ALWAYS TRIGGER tandem_capture_update")
            run = database.scalar("SELECT tandem.sync_now('contacts', \"full\" => true)")
            assert database.scalar("SELECT tandem.wait_for_run(%s, '30 s')", (run,)) == "completed"
            database.wait_for(lambda: name in {n for (n,) in contacts.all("name").values()})
        assert pull.errors() == []
