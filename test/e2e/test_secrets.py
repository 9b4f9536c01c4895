"""Nothing of a secret leaves its table: not in logs, activity, errors, views, or dumps."""

import subprocess

from pull import Pull, records
from servers import Answer

SECRET = "canary-5fb2c1d9e7"


def test_a_secret_is_nowhere_to_be_read(api, database):
    cluster = database.cluster
    cluster.reload({"log_min_messages": "debug1", "log_min_error_statement": "panic", "log_statement": "none"})
    api.listing("/things", records(250), style="page")
    api.route("/broken", lambda request: Answer({"error": f"bad token {request.headers.get('authorization')}"}, 400))
    api.require("bearer", token=SECRET)
    objects = {"things": {"path": "/things", "paging": {"style": "page", "param": "page"}}, "broken": {"path": "/broken"}}
    pull = Pull(database)
    pull.connect(api.url, objects, {"token": SECRET}, auth={"type": "bearer"})
    pull.table("id text PRIMARY KEY, name text, qty integer").map({"id": "id", "name": "name"})
    database.sql("""SELECT tandem.create_mapping('broken', 'things_api', 'broken', 'things', '{"id": "id"}')""")
    assert pull.run().created == 250
    broken = database.scalar("SELECT tandem.sync_now('broken')")
    assert database.scalar("SELECT tandem.wait_for_run(%s)", (broken,)) == "failed"
    assert "bad token" in pull.run_row(broken).message, "what the other side says is shown, without the secret"
    database.sql("SELECT * FROM tandem.test_connection('things_api')")

    assert SECRET not in cluster.log_text()
    everything = subprocess.run(["pg_dump", "-h", str(cluster.directory), "-p", str(cluster.port), "-U", "postgres", database.name],
                                check=True, capture_output=True, text=True).stdout
    assert "CREATE EXTENSION" in everything and SECRET not in everything
    for (view,) in database.sql("SELECT c.oid::regclass::text FROM pg_class c WHERE relnamespace = 'tandem'::regnamespace"
                                " AND relkind IN ('r', 'v') AND relname <> '_credential'", user="postgres"):
        rows = database.sql(f"SELECT t::text FROM {view} t", user="postgres")
        assert SECRET not in str(rows), view
    assert SECRET not in str(database.sql("SELECT query, application_name FROM pg_stat_activity", user="postgres"))


def test_no_role_can_read_the_credentials(api, database):
    Pull(database).connect(api.url, {"things": {"path": "/things"}}, {"token": SECRET}, auth={"type": "bearer"})
    out = database.psql("SELECT * FROM tandem._credential", check=False)
    assert "permission denied" in out


def test_changing_the_host_drops_the_credentials(api, database):
    Pull(database).connect(api.url, {"things": {"path": "/things"}}, {"token": SECRET}, auth={"type": "bearer"})
    database.sql("""SELECT tandem.alter_connection('things_api', '{"config": {"base_url": "http://127.0.0.2:9"}}')""")
    (answer,) = database.sql("SELECT ok, detail FROM tandem.test_connection('things_api')")
    assert answer[0] is False and "credential" in answer[1]


def test_a_credential_from_a_file(api, database, tmp_path):
    import os
    import shutil
    directory = database.cluster.directory / "secrets"
    (directory / "default").mkdir(parents=True)
    file = directory / "default" / "token"
    file.write_text(SECRET + "\n")
    if os.geteuid() == 0:
        for path in (directory, directory / "default", file):
            shutil.chown(path, "postgres", "postgres")
    file.chmod(0o600)
    database.cluster.reload({"tandem.secrets_directory": str(directory)})
    api.listing("/things", records(3))
    api.require("bearer", token=SECRET)
    pull = Pull(database).connect(api.url, {"things": {"path": "/things"}}, auth={"type": "bearer"})
    refused = database.psql("""SELECT tandem.set_credentials('things_api', '{"token": {"file": "token"}}')""", check=False)
    assert "superuser" in refused
    database.sql("""SELECT tandem.set_credentials('things_api', '{"token": {"file": "token"}}')""", user="postgres")
    pull.table("id text PRIMARY KEY").map({"id": "id"})
    assert pull.run().created == 3
    file.chmod(0o644)
    run = pull.run()
    assert run.status == "failed" and "token" in run.message and SECRET not in run.message
