"""One transaction with very many rows is captured and drained in memory that does not depend on their number.

By default 200,000 rows; TANDEM_ROWS=1000000 for a million."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cluster import wait_until
from push import Push

ROWS, BATCH = int(os.environ.get("TANDEM_ROWS") or 200_000), 1000
ANSWERS = """
  client_max_body_size 10m;
  location = /batch { error_page 405 =200 /batch.json; return 405; }
  location = /batch.json { sub_filter '@@' $request_id; sub_filter_once off; sub_filter_types application/json; }
"""


def private_memory(pid: int) -> float:
    """MB."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("RssAnon"))
    return int(line.split()[1]) / 1024


def drain(push: Push, first: int, rows: int) -> tuple[float, float]:
    """How much the session that inserts and the worker that sends grow at most."""
    with push.database.connect(autocommit=False) as session:
        pid = session.execute("SELECT pg_backend_pid()").fetchone()[0]
        before = private_memory(pid)
        session.execute("INSERT INTO things SELECT i, 'name ' || i, i FROM generate_series(%s::int, %s::int) i", (first, first + rows - 1))
        captured = private_memory(pid) - before
        session.commit()
    worker = wait_until(lambda: push.database.processes("worker"), what="a worker")[0]["pid"]
    begin = peak = private_memory(worker)

    def left() -> bool:
        nonlocal peak
        peak = max(peak, private_memory(worker))
        return push.pending()

    wait_until(lambda: not left(), 600, "everything sent")
    return captured, peak - begin


def test_memory_is_flat(database, tmp_path):
    from servers import Nginx

    tmp_path.chmod(0o755)
    (tmp_path / "batch.json").write_text(json.dumps({"results": [{"status": 201, "id": f"@@-{i}"} for i in range(BATCH)]}))
    with Nginx(tmp_path, extra=ANSWERS) as nginx:
        spec = {"path": "/things", "write": {"create": {"path": "/batch", "body": {"records": "{records}"}, "batch": {
            "size": BATCH, "results": "results", "status": "status"}}}}
        push = Push(database).connect(nginx.url, {"things": spec}).table("id integer PRIMARY KEY, name text, qty integer")
        push.map({"name": "name", "qty": "qty"}, write_mode="insert", delete_mode="ignore")
        drain(push, 1, 2 * BATCH)  # a warm worker
        captured, sent = drain(push, 1_000_000, ROWS)
        assert push.states() == [] and push.errors() == []
        # Every record has the id that the answer gave it.
        assert database.scalar("SELECT count(DISTINCT origin_id) FROM tandem._contract", user="postgres") == ROWS + 2 * BATCH
        assert captured < 32 + ROWS / 50_000, "MB of the session that inserted"  # the transition table itself goes to disk
        print(f"{ROWS} rows: {captured:.0f} MB in the session, {sent:.0f} MB in the worker")
        assert sent < 200, "MB of the worker, which has 32,000 rows in hand"
