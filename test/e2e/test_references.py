"""References between mappings: order, children before parents, cycles, a table that refers to itself."""

import json

import psycopg
import pytest

from pull import Pull

ACCOUNTS = [{"id": f"a{i}", "name": f"account {i}"} for i in range(3)]
CONTACTS = [{"id": f"c{i}", "name": f"contact {i}", "account": f"a{i % 3}"} for i in range(6)]
ACCOUNT = {"id": "remote_id", "name": "name"}
CONTACT = {"id": "id", "name": "name", "account": {"column": "account_id", "reference": {"mapping": "accounts"}}}


class Crm:
    """One connection with some objects, each pulled by a mapping of its name."""

    def __init__(self, api, database, **objects):
        self.api, self.database = api, database
        for name, records in objects.items():
            api.listing(f"/{name}", records)
        Pull(database, "crm").connect(api.url, {name: {"path": f"/{name}"} for name in objects})

    def serve(self, name, records):
        self.api.listing(f"/{name}", records)

    def map(self, name, table, columns, **arguments):
        self.database.sql(f"CREATE TABLE {name} ({table})")
        return self.map_only(name, columns, **arguments)

    def map_only(self, name, columns, target=None, object=None, **arguments):
        options = json.dumps(arguments.pop("options", {}))
        extra = "".join(f", {key} => %({key})s" for key in arguments)
        self.database.sql(
            f"SELECT tandem.create_mapping(%(name)s, 'crm_api', %(object)s, %(target)s::regclass, %(columns)s::jsonb, options => %(options)s::jsonb{extra})",
            {"name": name, "object": object or name, "target": target or name, "columns": json.dumps(columns), "options": options, **arguments})
        return Pull(self.database, name)

    def settled(self):
        self.database.wait_for("SELECT count(*) = 0 FROM tandem.run_progress")


def waiting(pull):
    return pull.errors("origin_id, code, error_type, column_name, message")


@pytest.fixture
def crm(api, database):
    made = Crm(api, database, accounts=ACCOUNTS, contacts=CONTACTS)
    made.accounts = made.map("accounts", "id bigserial PRIMARY KEY, remote_id text UNIQUE, name text", ACCOUNT)
    made.contacts = made.map("contacts", "id text PRIMARY KEY, name text, account_id bigint REFERENCES accounts", CONTACT)
    return made


def joined(database):
    return database.sql("SELECT c.id, a.remote_id FROM contacts c LEFT JOIN accounts a ON a.id = c.account_id ORDER BY 1")


def test_remote_ids_become_local_keys(crm, database):
    assert crm.accounts.run().created == 3
    run = crm.contacts.run()
    assert (run.status, run.created) == ("completed", 6)
    assert joined(database) == [(f"c{i}", f"a{i % 3}") for i in range(6)]
    assert crm.contacts.run().skipped == 6, "nothing has changed"
    crm.serve("contacts", [{**CONTACTS[0], "account": "a2"}, {**CONTACTS[1], "account": None}, *CONTACTS[2:]])
    assert crm.contacts.run().updated == 2
    assert joined(database)[:2] == [("c0", "a2"), ("c1", None)]


def test_a_child_before_its_parent_waits_and_goes_in_by_itself(crm, database):
    crm.serve("accounts", ACCOUNTS[:1])
    run = crm.contacts.run()
    assert (run.status, run.created, run.failed) == ("partial", 0, 6)
    assert waiting(crm.contacts)[0] == ("c0", "TD425", "VALIDATION_ERROR", "account_id", "waits for record a0 of mapping accounts")
    assert database.sql("SELECT status, status_reason, next_step FROM tandem.mapping_status WHERE mapping = 'contacts'") == [
        ("partial", "6 records wait for records of other mappings", None)]
    asked = len(crm.api.requests("/contacts"))
    crm.accounts.run()
    database.wait_for("SELECT count(*) = 2 FROM contacts")
    crm.settled()
    assert [row[0] for row in waiting(crm.contacts)] == ["c1", "c2", "c4", "c5"]
    assert set(crm.contacts.errors("attempts")) == {(1,)}, "those whose parents are not there were not tried"
    crm.serve("accounts", ACCOUNTS)
    crm.accounts.run()
    database.wait_for("SELECT count(*) = 6 FROM contacts")
    crm.settled()
    assert joined(database) == [(f"c{i}", f"a{i % 3}") for i in range(6)]
    assert crm.contacts.errors() == [] and len(crm.api.requests("/contacts")) == asked
    assert database.sql("SELECT trigger, status, created FROM tandem.recent_runs WHERE mapping = 'contacts' ORDER BY run") == [
        ("manual", "partial", 0), ("retry", "completed", 2), ("retry", "completed", 4)]


def test_a_run_of_the_parent_that_writes_nothing_starts_nothing(crm, database):
    crm.accounts.run()
    crm.serve("contacts", [{"id": "c0", "name": "x", "account": "nobody"}])
    crm.contacts.run()
    crm.accounts.run()
    assert database.scalar("SELECT count(*) FROM tandem.recent_runs WHERE trigger = 'retry'") == 0
    assert len(crm.contacts.errors()) == 1


def test_a_restart_in_between_loses_nobody(crm, database):
    crm.contacts.run()
    database.cluster.restart("immediate")
    crm.accounts.run()
    database.wait_for("SELECT count(*) = 6 FROM contacts")
    assert crm.contacts.errors() == []


def test_parents_go_first_when_both_are_asked_for(crm, database):
    crm.api.delay = 0.3
    with database.connect() as session, session.transaction():
        child = session.execute("SELECT tandem.sync_now('contacts')").fetchone()[0]
        session.execute("SELECT tandem.sync_now('accounts')")
    assert database.wait_for("SELECT waiting_on FROM tandem.run_progress WHERE mapping = 'contacts'") == "mapping accounts"
    assert database.scalar("SELECT waiting_on FROM tandem.mapping_status WHERE mapping = 'contacts'") == "mapping accounts"
    assert database.scalar("SELECT tandem.wait_for_run(%s)", (child,)) == "completed"
    assert database.scalar("SELECT (SELECT completed_at FROM tandem.recent_runs WHERE mapping = 'accounts')"
                           " <= (SELECT started_at FROM tandem.recent_runs WHERE mapping = 'contacts')")
    assert database.scalar("SELECT count(*) FROM tandem.recent_runs") == 2, "nobody had to wait for a row"


def test_a_parent_that_cannot_run_holds_nobody_up(crm, database):
    database.sql("SELECT tandem.sync_now('accounts'), tandem.pause_mapping('accounts')")
    assert crm.contacts.run().status == "partial"
    crm.api.fault("/accounts", "500")
    with database.connect() as session, session.transaction():
        session.execute("SELECT tandem.resume_mapping('accounts')")
        child = session.execute("SELECT tandem.sync_now('contacts')").fetchone()[0]
    assert database.scalar("SELECT tandem.wait_for_run(%s)", (child,)) == "partial"
    crm.settled()
    assert crm.accounts.run().created == 3
    database.wait_for("SELECT count(*) = 6 FROM contacts")


def test_two_mappings_that_refer_to_each_other(api, database):
    crm = Crm(api, database, accounts=[{"id": "a0", "name": "x", "primary": "c0"}, {"id": "a1", "name": "y", "primary": None}],
              contacts=[{"id": "c0", "name": "n", "account": "a0"}, {"id": "c1", "name": "m", "account": "a1"}])
    accounts = crm.map("accounts", "id bigserial PRIMARY KEY, remote_id text UNIQUE, name text, primary_contact bigint",
                       {**ACCOUNT, "primary": {"column": "primary_contact", "reference": "contacts"}})
    contacts = crm.map("contacts", "id bigserial PRIMARY KEY, remote_id text UNIQUE, name text, account_id bigint REFERENCES accounts",
                       {**ACCOUNT, "account": {"column": "account_id", "reference": "accounts"}})
    database.sql("ALTER TABLE accounts ADD FOREIGN KEY (primary_contact) REFERENCES contacts")
    assert database.sql("SELECT rank, waits_on FROM tandem._mapping", user="postgres") == [(0, []), (0, [])]
    run = accounts.run()
    assert (run.status, run.created, run.failed, run.skipped) == ("partial", 2, 1, 0), "it goes in without its contact first"
    assert waiting(accounts) == [("a0", "TD425", "VALIDATION_ERROR", "primary_contact", "waits for record c0 of mapping contacts")]
    assert contacts.run().created == 2
    database.wait_for("SELECT primary_contact IS NOT NULL FROM accounts WHERE remote_id = 'a0'")
    crm.settled()
    assert database.sql("SELECT a.remote_id, c.remote_id FROM accounts a JOIN contacts c ON c.id = a.primary_contact") == [("a0", "c0")]
    assert accounts.errors() == [] and contacts.errors() == []
    assert accounts.run().skipped == 2


def test_a_mapping_that_refers_to_itself_within_a_page(api, database):
    people = [{"id": f"p{i}", "boss": f"p{i + 1}" if i < 9 else None} for i in range(10)]
    crm = Crm(api, database, people=people)
    pull = crm.map("people", "id bigserial PRIMARY KEY, remote_id text UNIQUE, boss bigint REFERENCES people",
                   {"id": "remote_id", "boss": {"column": "boss", "reference": "people"}})
    run = pull.run()
    assert (run.status, run.created, run.updated, run.failed, run.skipped) == ("completed", 10, 0, 0, 0)
    assert database.sql("SELECT p.remote_id, b.remote_id FROM people p LEFT JOIN people b ON b.id = p.boss ORDER BY 1") == [
        (p["id"], p["boss"]) for p in people]
    assert pull.run().skipped == 10
    crm.serve("people", [{"id": "p0", "boss": "p10"}, *people[1:]])
    assert pull.run().status == "partial"
    crm.serve("people", [{"id": "p0", "boss": "p10"}, *people[1:], {"id": "p10", "boss": "p0"}])
    assert pull.run().status == "completed", "also in a circle"
    assert pull.errors() == []


def test_a_column_that_must_not_be_null_waits_also_for_itself(api, database):
    people = [{"id": f"p{i}", "boss": f"p{min(i + 1, 4)}"} for i in range(5)]
    crm = Crm(api, database, people=people)
    pull = crm.map("people", "id text PRIMARY KEY, boss text NOT NULL REFERENCES people", {"id": "id", "boss": {"column": "boss", "reference": "people"}})
    run = pull.run()
    assert (run.status, run.created, run.failed) == ("partial", 0, 5), "the last one is its own boss, and never comes"
    database.sql("INSERT INTO people VALUES ('p4', 'p4')")
    run = pull.run()
    assert (run.status, run.created) == ("completed", 4)


def test_missing_may_be_null_or_an_error(crm, database):
    for missing, status, rows in (("null", "completed", [("c0", None)]), ("error", "partial", [])):
        crm.serve("contacts", CONTACTS[:1])
        database.sql("TRUNCATE contacts")
        database.sql("SELECT tandem.alter_mapping('contacts', %s::jsonb)", (json.dumps(
            {"columns": {**CONTACT, "account": {"column": "account_id", "reference": {"mapping": "accounts", "missing": missing}}}}),))
        assert crm.contacts.run().status == status
        assert joined(database) == rows
    assert crm.contacts.errors("code") == [("TD426",)]


def test_another_key_and_tables_that_many_share(api, database):
    crm = Crm(api, database, accounts=ACCOUNTS, contacts=CONTACTS)
    crm.map("accounts", "source text, remote_id text, no serial UNIQUE, name text, PRIMARY KEY (source, remote_id)", ACCOUNT,
            options={"stamp": {"source": "mapping"}})
    database.sql("INSERT INTO accounts (source, remote_id) SELECT 'others', 'a' || i FROM generate_series(0, 2) i")
    reference = {"mapping": "accounts", "key": "no"}
    contacts = crm.map("contacts", "id text PRIMARY KEY, name text, account_no integer",
                       {**CONTACT, "account": {"column": "account_no", "reference": reference}})
    Pull(database, "accounts").run()
    assert contacts.run().created == 6
    assert database.sql("SELECT DISTINCT a.source FROM contacts c JOIN accounts a ON a.no = c.account_no") == [("accounts",)]


def test_ids_that_stand_in_no_column_are_known_from_contracts(api, database):
    crm = Crm(api, database, accounts=[{"id": 7, "email": "x@example.com"}], contacts=[{"id": "c", "name": "n", "account": 7}])
    accounts = crm.map("accounts", "id serial PRIMARY KEY, email text UNIQUE", {"email": "email"}, match_on=["email"])
    contacts = crm.map("contacts", "id text PRIMARY KEY, name text, account_id integer", CONTACT)
    assert accounts.run().created == 1
    assert contacts.run().created == 1
    assert contacts.rows("account_id") == database.sql("SELECT id FROM accounts")


def test_a_plain_foreign_key_is_tried_again_when_the_row_comes(api, database):
    crm = Crm(api, database, accounts=ACCOUNTS, contacts=CONTACTS)
    accounts = crm.map("accounts", "remote_id text PRIMARY KEY, name text", ACCOUNT)
    contacts = crm.map("contacts", "id text PRIMARY KEY, name text, account text REFERENCES accounts", {"id": "id", "name": "name", "account": "account"})
    assert contacts.run().failed == 6
    assert set(contacts.errors("code")) == {("TD403",)}
    crm.serve("accounts", ACCOUNTS[:1])
    accounts.run()
    database.wait_for("SELECT count(*) = 2 FROM contacts")
    crm.settled()
    assert contacts.errors("origin_id, attempts") == [(f"c{n}", 1) for n in (1, 2, 4, 5)], "only those whose row has come are tried"
    crm.serve("accounts", ACCOUNTS)
    accounts.run()
    database.wait_for("SELECT count(*) = 6 FROM contacts")
    crm.settled()
    assert contacts.errors() == []


def test_what_cannot_work_is_refused_with_the_fix(crm, database):
    database.cluster.psql(f"CREATE TABLE public.foreign_accounts (id int PRIMARY KEY)", database.name)
    database.sql("CREATE TABLE keyless (a text, b text, PRIMARY KEY (a, b))")
    crm.map_only("pairs", [{"field": "id", "column": "a"}, {"field": "name", "column": "b"}], target="keyless", object="accounts", key=["id", "name"])
    for reference, message in (({"mapping": "pairs"}, "has no primary key of one column"), ({"mapping": "accounts", "key": "nokey"}, "has no column nokey"),
                               ({"maping": "accounts"}, "maping"), (3, "must be")):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match=message):
            database.sql("SELECT tandem.alter_mapping('contacts', %s::jsonb)",
                         (json.dumps({"columns": {"account": {"column": "account_id", "reference": reference}}}),))
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="default"):
        database.sql("SELECT tandem.alter_mapping('contacts', %s::jsonb)",
                     (json.dumps({"columns": {"account": {"column": "account_id", "reference": "accounts", "default": 1}}}),))
