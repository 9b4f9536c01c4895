"""Both ways: one table and one kind of records, edited on both sides."""

from __future__ import annotations

import pytest
from crm import Crm
from pull import Pull

FIELDS = {"name": str, "email": str, "qty": int}
OBJECT = {"path": "/contacts", "records": "items", "cursor": {"field": "updated_at", "param": "since"},
          "paging": {"style": "token", "param": "cursor", "next": "next_cursor"},
          "write": {"create": {"path": "/contacts"}, "update": {"path": "/contacts/{id}"}, "delete": {"path": "/contacts/{id}"}}}


def both(crm, database, contacts=None, **arguments):
    pull = Pull(database, "contacts").connect(crm.url, {"contacts": contacts or OBJECT})
    pull.table("number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text UNIQUE, name text, email text, qty int")
    return pull.map({"id": "id", "name": "name", "email": "email", "qty": "qty"}, direction="both", sync_mode="full", **arguments)


def acknowledged(database):
    database.wait_for("SELECT NOT EXISTS (SELECT FROM tandem._outbox) AND NOT EXISTS (SELECT FROM tandem._outbox_item WHERE state IN ('p', 'c'))")


def local(database):
    return {row[0]: row[1:] for row in database.sql("SELECT id, name, email, qty FROM contacts")}


def remote(contacts):
    return contacts.all("name", "email", "qty")


def in_step(database, contacts):
    return local(database) == remote(contacts)


def test_edits_of_different_fields_meet(database):
    with Crm() as crm:
        contacts = crm.kind("contacts", FIELDS)
        ann = contacts.create(name="Ann", email="ann@example.com", qty=1)
        pull = both(crm, database)
        assert pull.run().status == "completed"
        assert local(database) == remote(contacts), (local(database), remote(contacts), crm.accepted("contacts"), database.sql("SELECT * FROM tandem.recent_runs"), database.sql("SELECT * FROM tandem._contract", user="postgres"), database.sql("SELECT * FROM tandem._sync_error", user="postgres"))
        accepted = len(crm.accepted("contacts"))
        assert accepted == 0, "what was pulled is not sent back"
        database.sql("INSERT INTO contacts (name, qty) VALUES ('Bob', 2)")
        acknowledged(database)
        assert in_step(database, contacts), "the new row has the id that the other side gave"
        database.sql("UPDATE contacts SET email = 'bob@example.com' WHERE name = 'Bob'")
        contacts.edit(ann, qty=7)
        assert pull.run().status == "completed"
        acknowledged(database)
        assert local(database) == remote(contacts), (local(database), remote(contacts), crm.accepted("contacts"), database.sql("SELECT * FROM tandem.recent_runs"), database.sql("SELECT * FROM tandem._contract", user="postgres"), database.sql("SELECT * FROM tandem._sync_error", user="postgres"))
        assert remote(contacts)[ann] == ("Ann", "ann@example.com", 7)


@pytest.mark.parametrize("policy, name, open_conflicts", [("local_wins", "here", 0), ("remote_wins", "there", 0), ("manual", None, 1)])
def test_the_same_field_on_both_sides(database, policy, name, open_conflicts):
    with Crm() as crm:
        contacts = crm.kind("contacts", FIELDS)
        ann = contacts.create(name="Ann", email="ann@example.com", qty=1)
        pull = both(crm, database, conflict_resolution=policy)
        pull.run()
        database.sql("SELECT tandem.pause_mapping('contacts')")
        database.sql("UPDATE contacts SET name = 'here', email = 'here@example.com'")
        contacts.edit(ann, name="there", qty=9)
        # held, so that the pull sees both changes before anything is sent
        database.sql("UPDATE tandem._mapping SET push_not_before = now() + interval '1 hour'", user="postgres")
        database.sql("SELECT tandem.resume_mapping('contacts')")
        assert pull.run().status in ("completed", "partial")
        database.sql("UPDATE tandem._mapping SET push_not_before = NULL", user="postgres")
        assert database.scalar("SELECT count(*) FROM tandem._conflict WHERE resolved_at IS NULL", user="postgres") == open_conflicts
        if open_conflicts:
            assert local(database)[ann] == ("here", "here@example.com", 1) and remote(contacts)[ann] == ("there", "ann@example.com", 9)
            return
        database.sql("UPDATE contacts SET email = email")  # wakes the push
        pull.run()
        acknowledged(database)
        assert local(database) == remote(contacts), (local(database), remote(contacts), crm.accepted("contacts"), database.sql("SELECT * FROM tandem.recent_runs"), database.sql("SELECT * FROM tandem._contract", user="postgres"), database.sql("SELECT * FROM tandem._sync_error", user="postgres"))
        assert remote(contacts)[ann] == (name, "here@example.com", 9)


@pytest.mark.parametrize("choice, merged, name", [("local", None, "here"), ("remote", None, "there"), ("merged", '{"name": "agreed"}', "agreed")])
def test_a_person_decides(database, choice, merged, name):
    with Crm() as crm:
        contacts = crm.kind("contacts", FIELDS)
        ann = contacts.create(name="Ann", email="ann@example.com", qty=1)
        pull = both(crm, database, conflict_resolution="manual")
        pull.run()
        database.sql("UPDATE tandem._mapping SET push_not_before = now() + interval '1 hour'", user="postgres")
        database.sql("UPDATE contacts SET name = 'here'")
        contacts.edit(ann, name="there")
        pull.run()
        database.sql("UPDATE tandem._mapping SET push_not_before = NULL", user="postgres")
        [(conflict, local_, remote_)] = database.sql("SELECT conflict, local ->> 'name', remote ->> 'name' FROM tandem.get_conflicts('contacts')")
        assert (local_, remote_) == ("here", "there")
        assert database.scalar("SELECT conflicts FROM tandem.mapping_status WHERE mapping = 'contacts'") == 1
        assert database.scalar("SELECT tandem.resolve_conflict(%s, %s, %s::jsonb)", (conflict, choice, merged))
        assert not database.scalar("SELECT tandem.resolve_conflict(%s, %s, %s::jsonb)", (conflict, choice, merged))
        database.wait_for("SELECT count(*) = 0 FROM tandem._outbox_item")
        assert local(database)[ann][0] == name == remote(contacts)[ann][0]
        pull.run()
        assert database.scalar("SELECT count(*) FROM tandem.conflicts") == 0
        assert local(database) == remote(contacts)


@pytest.mark.parametrize("policy, name", [("remote_wins", "there"), ("local_wins", "here")])
def test_a_version_keeps_edits_of_others_from_being_overwritten(database, policy, name):
    with Crm() as crm:
        contacts = crm.kind("contacts", FIELDS)
        ann = contacts.create(name="Ann", email="ann@example.com", qty=1)
        write = {**OBJECT["write"], "update": {"path": "/contacts/{id}", "version": {"header": "If-Match", "value": '"{version}"'}}}
        pull = both(crm, database, {**OBJECT, "version": "version", "write": write}, conflict_resolution=policy)
        pull.run()
        contacts.edit(ann, name="there")
        database.sql("UPDATE contacts SET name = 'here', qty = 5")
        database.wait_for("SELECT NOT EXISTS (SELECT FROM tandem._outbox) AND NOT EXISTS (SELECT FROM tandem._outbox_item)")
        pull.run()
        assert local(database) == remote(contacts) == {ann: (name, "ann@example.com", 5)}


def explained(database, id_, *columns):
    rows = database.sql("SELECT column_name, side, run, rule FROM tandem.explain_row('contacts', jsonb_build_object('id', %s::text))", (id_,))
    return {name: (side, run) for name, side, run, _ in rows if name in columns}


def test_where_the_values_of_a_row_came_from_is_explained(database):
    with Crm() as crm:
        contacts = crm.kind("contacts", FIELDS)
        ann = contacts.create(name="Ann", email="ann@example.com", qty=1)
        pull = both(crm, database, conflict_resolution="manual")
        first = pull.run().run
        assert explained(database, ann, "id", "name", "number") == {
            "id": ("remote", first), "name": ("remote", first), "number": ("generated", None)}
        # held, so that the pull sees both changes before anything is sent
        database.sql("UPDATE tandem._mapping SET push_not_before = now() + interval '1 hour'", user="postgres")
        database.sql("UPDATE contacts SET name = 'Anna'")
        assert explained(database, ann, "name", "email") == {"name": ("local", None), "email": ("remote", first)}
        contacts.edit(ann, name="Hanna")
        second = pull.run().run
        assert explained(database, ann, "name") == {"name": ("conflict", second)}
        database.sql("UPDATE tandem._mapping SET push_not_before = NULL", user="postgres")
        database.sql("SELECT tandem.resolve_conflict(conflict, 'local') FROM tandem.conflicts")
        acknowledged(database)
        pushed = database.scalar("SELECT max(run) FROM tandem._run WHERE kind = 'push'", user="postgres")
        assert explained(database, ann, "name", "email") == {"name": ("both", pushed), "email": ("both", pushed)}
