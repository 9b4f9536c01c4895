"""Changes of a foreign table go out: its rows are found by the columns that match_on names, for it has no index."""

from __future__ import annotations

from cluster import SUPERUSER
from push import FIELDS, Push, same, writable

COLUMNS = "id integer NOT NULL, key text, name text, qty integer, amount numeric, flag boolean"


def test_changes_of_a_foreign_table_arrive(crm, database):
    things = crm.kind("things", FIELDS)
    push = Push(database).connect(crm.url, {"things": writable()})
    push.do(f"CREATE TABLE far ({COLUMNS}, PRIMARY KEY (id))")
    user = database.scalar("SELECT current_user::text")
    with database.connect(user=SUPERUSER) as session:
        session.execute("CREATE EXTENSION postgres_fdw")
        session.execute(f"CREATE SERVER loopback FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{session.info.host}', "
                        f"port '{session.info.port}', dbname '{session.info.dbname}')")
        session.execute(f"CREATE USER MAPPING FOR {user} SERVER loopback OPTIONS (user '{SUPERUSER}', password_required 'false')")
        session.execute(f"GRANT USAGE ON FOREIGN SERVER loopback TO {user}")
    push.do(f"CREATE FOREIGN TABLE things ({COLUMNS}) SERVER loopback OPTIONS (table_name 'far')")
    push.do("INSERT INTO far (id, name, qty) VALUES (1, 'was there', 1)")
    push.map(match_on=["id"])
    push.quiet()
    push.do("INSERT INTO things (id, name, qty) VALUES (2, 'new', 2)")
    push.quiet()
    assert same(push, things)
    push.do("UPDATE things SET qty = 7 WHERE id = 1")
    push.do("DELETE FROM things WHERE id = 2")
    push.quiet()
    assert same(push, things) and list(things.all("name", "qty").values()) == [("was there", 7)]
