"""The grants of doc/roles.md, pasted as they stand, are those that a role needs."""

import re
from pathlib import Path

from servers import Answer

ROLES = (Path(__file__).resolve().parents[2] / "doc/roles.md").read_text()
GRANTS = re.search(r"```sql\n(.*?)```", ROLES, re.S).group(1)
VIEWS = "SELECT relname FROM pg_class WHERE relnamespace = 'tandem'::regnamespace AND relkind = 'v' AND relname <> 'workers' ORDER BY 1"


def test_the_application_role_of_the_documentation_can_do_its_work(api, database):
    api.route("/things", Answer({"items": [{"id": 1}]}))
    role = f"{database.name}_app"
    database.psql(f"CREATE ROLE {role} LOGIN; GRANT CREATE ON SCHEMA public TO {role};" + re.sub(r"\bTO app\b", f"TO {role}", GRANTS),
                  user="postgres")
    try:
        config = '{"base_url": "%s", "objects": {"things": {"path": "/things"}}}' % api.url
        database.psql(f"""
            SELECT tandem.create_connection('shop', 'rest', '{config}');
            SELECT * FROM tandem.list_fields('shop', 'things');
            SELECT tandem.create_table_for('shop', 'things', 'public.things');
            SELECT tandem.create_mapping('things', 'shop', 'things', 'public.things');
            CALL tandem.sync('things');
            SELECT tandem.reset_cursor('things'), tandem.tenant_key(), tandem.export_mapping('things');
            SELECT * FROM tandem.doctor('things');""", user=role)
        assert database.sql("SELECT id FROM things", user=role) == [(1,)]
        for (view,) in database.sql(VIEWS, user="postgres"):
            database.sql(f"SELECT * FROM tandem.{view}", user=role)
        assert database.scalar("SELECT status FROM tandem.mapping_status", user=role) == "ready"
    finally:
        database.psql(f"DROP OWNED BY {role}; DROP ROLE {role};", user="postgres")
