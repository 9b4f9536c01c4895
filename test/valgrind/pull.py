"""One full pull with the whole server under valgrind: pages, a bad record, a failed page, an update, the end of the
worker. Fails on any error or definite leak that valgrind finds with our library in the stack; postgres.supp lists what
is PostgreSQL's own."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from cluster import Cluster  # noqa: E402
from conftest import Database  # noqa: E402
from servers import ApiServer  # noqa: E402

TIMEOUT = 600  # seconds: everything is about thirty times slower


def valgrind(log_directory: Path) -> list[str]:
    return ["valgrind", "--quiet", "--trace-children=yes", "--leak-check=full", "--show-leak-kinds=definite",
            "--num-callers=40", "--child-silent-after-fork=no", f"--suppressions={HERE / 'postgres.supp'}",
            f"--log-file={log_directory}/valgrind.%p.log"]


def pull(database: Database, api: ApiServer) -> None:
    records = [{"id": i, "name": f"Ünïcode {i}", "amount": f"{i}.10", "at": "2026-01-02T03:04:05+02:00",
                "tags": ["a", "b"], "address": {"city": "Paris"}} for i in range(250)]
    records[120]["amount"] = "not a number"
    listing = api.listing("/things", records, style="token", size=100)
    api.require("bearer", token="s3cret")
    config = {"base_url": api.url, "auth": {"type": "bearer"}, "objects": {"things": {
        "path": "/things", "records": "items", "id": "id",
        "paging": {"style": "token", "param": "cursor", "next": "next_cursor"}}}}
    with database.connect() as session:
        def run(status: str) -> None:
            number = session.execute("SELECT tandem.sync_now('things')").fetchone()[0]
            outcome = session.execute("SELECT tandem.wait_for_run(%s, '10 min')", [number]).fetchone()[0]
            assert outcome == status, session.execute("SELECT * FROM tandem.recent_runs LIMIT 1").fetchone()

        session.execute("SELECT tandem.create_connection('api', 'rest', %s::jsonb, %s::jsonb)",
                        [json.dumps(config), '{"token": "s3cret"}'])
        session.execute("SELECT * FROM tandem.list_fields('api', 'things')")
        session.execute("CREATE TABLE things (id bigint PRIMARY KEY, name text NOT NULL, amount numeric, at timestamptz,"
                        " tags text[], address jsonb, CHECK (name <> 'refused'))")
        session.execute("SELECT tandem.create_mapping('things', 'api', 'things', 'things')")
        run("partial")
        listing.records[7]["name"] = "changed"
        listing.records[8]["name"] = "refused"
        run("partial")
        api.fault("/things", "truncate", when={"cursor": "c100"})
        run("failed")
        assert session.execute("SELECT count(*) FROM things WHERE name = 'changed'").fetchone()[0] == 1
        assert session.execute("SELECT count(*) FROM things").fetchone()[0] == 249
        session.execute("SELECT * FROM tandem.doctor()")


def complaints(log_directory: Path) -> list[str]:
    """Blocks of valgrind's logs that have a frame of ours."""
    found = []
    for log in sorted(log_directory.glob("valgrind.*.log")):
        text = re.sub(r"^==\d+== ?", "", log.read_text(errors="replace"), flags=re.M)
        found += [f"{log.name}:\n{block}" for block in text.split("\n\n") if "tandem::" in block or "pg_tandem.so" in block]
    return found


def main() -> int:
    cluster = Cluster({"tandem.worker_idle_timeout": "1s", "autovacuum": "off"})
    cluster.wrapper = valgrind(cluster.directory)
    try:
        cluster.start(timeout=TIMEOUT)
        with ApiServer() as api:
            pull(Database(cluster), api)
        cluster.wait_for("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'tandem worker')", TIMEOUT)
        cluster.stop("fast", timeout=TIMEOUT)
        found = complaints(cluster.directory)
        for complaint in found:
            print(complaint, "\n")
        logs = len(list(cluster.directory.glob("valgrind.*.log")))
        print(f"{len(found)} complaints in the logs of {logs} processes")
        return 1 if found or logs == 0 else 0
    finally:
        cluster.close()


if __name__ == "__main__":
    sys.exit(main())
