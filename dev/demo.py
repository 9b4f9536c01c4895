"""The demo behind dev/demo: real data behind a real nginx, a private server, and the SQL of dev/demo_sql, echoed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ISO_CODES = Path("/usr/share/iso-codes/json")
PAGE_SIZE = 1000
DATABASE, ROLE = "demo", "demo"


def say(text: str) -> None:
    print(f"\n-- {text}", flush=True)


def publish(directory: Path, name: str, content: dict[str, Any]) -> None:
    """Puts a file under nginx in one step, so that no request sees half of it."""
    file = directory / name
    file.parent.mkdir(exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(content, ensure_ascii=False))
    new.rename(file)


def publish_iso_codes(directory: Path) -> None:
    shutil.copy(ISO_CODES / "iso_3166-1.json", directory / "countries.json")
    shutil.copy(ISO_CODES / "iso_639-3.json", directory / "languages.json")
    records = json.loads((ISO_CODES / "iso_3166-2.json").read_text())["3166-2"]
    pages = [records[i:i + PAGE_SIZE] for i in range(0, len(records), PAGE_SIZE)]
    for number, page in enumerate(pages, 1):
        more = f"/subdivisions/{number + 1}.json" if number < len(pages) else None
        publish(directory, f"subdivisions/{number}.json", {"3166-2": page, "next": more})
    broken = json.loads((ISO_CODES / "iso_3166-1.json").read_text())
    next(r for r in broken["3166-1"] if r["alpha_2"] == "FR").pop("name")
    publish(directory, "countries_broken.json", broken)


def rename_country(directory: Path) -> None:
    content = json.loads((directory / "countries.json").read_text())
    next(r for r in content["3166-1"] if r["alpha_2"] == "AX")["name"] = "Ahvenanmaa"
    publish(directory, "countries.json", content)


class Demo:
    def __init__(self, cluster: Any, url: str):
        self.cluster = cluster
        self.url = url
        self.connect = ["-h", str(cluster.directory), "-p", str(cluster.port), "-d", DATABASE]

    def run(self, part: str, user: str = ROLE) -> None:
        """Runs a file of dev/demo_sql through psql, which prints each statement before its result."""
        script = (ROOT / "dev/demo_sql" / part).read_text().replace("http://127.0.0.1:8080", self.url)
        subprocess.run(["psql", "-X", "-e", "-q", "-v", "ON_ERROR_STOP=1", "-P", "pager=off", "-P", "null=(null)", "-U", user,
                        *self.connect], input=script, text=True, check=True)

    def wait_for(self, query: str, timeout: float = 60) -> None:
        print(query + ";", flush=True)
        self.cluster.wait_for(query, timeout, DATABASE, ROLE)

    def story(self, site: Path) -> None:
        say("As the administrator: the extension, and a role that may use it")
        self.run("1_administrator.sql", user="postgres")
        say(f"As the role {ROLE}: a connection to {self.url}, tables for its objects, mappings, a first sync")
        self.run("2_first_sync.sql")
        say("One record of a copy of the countries has no name; the table insists on one. The others go in")
        self.run("3_broken_record.sql")
        say("A schedule; then a file under nginx changes, and the schedule picks it up")
        self.run("4_schedule.sql")
        say(f"{site}/countries.json: the name of AX becomes Ahvenanmaa")
        rename_country(site)
        say("Waiting until this is true:")
        self.wait_for("SELECT EXISTS (SELECT FROM tandem.recent_runs WHERE mapping = 'countries' AND updated > 0)")
        self.run("5_change.sql")

    def farewell(self) -> None:
        say(f"Connect with:  psql {' '.join(self.connect)} -U {ROLE}      (administrator: -U postgres)")
        print("-- The server's log:", self.cluster.log)


def run_demo() -> int:
    sys.path.insert(0, str(ROOT / "test/e2e"))
    from cluster import Cluster
    from servers import Nginx

    site = Path(tempfile.mkdtemp(prefix="pg_tandem_site."))
    try:
        publish_iso_codes(site)
        with Nginx(site) as nginx, Cluster() as cluster:
            cluster.sql(f"CREATE DATABASE {DATABASE}")
            demo = Demo(cluster, nginx.url)
            try:
                demo.story(site)
            except subprocess.CalledProcessError:
                print("\n-- The demo failed; the server's log ends with:\n", cluster.log_text()[-3000:], file=sys.stderr)
                return 1
            demo.farewell()
            if sys.stdin.isatty():
                print(f"-- Stop it with Ctrl-C, or from elsewhere with:  dev/demo stop {os.getpid()}", flush=True)
                signal.pause()
            say("No terminal: the demo stops, and its servers and files go with it")
        return 0
    finally:
        shutil.rmtree(site, ignore_errors=True)


def running_demos() -> list[int]:
    """Processes of this user that run this file without arguments."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (entry / "cmdline").read_text().split("\0")[:-1]
            if entry.stat().st_uid == os.getuid() and arguments[1:] == [str(Path(__file__).resolve())]:
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def stop_demos(which: list[int]) -> int:
    pids = [pid for pid in running_demos() if not which or pid in which]
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while set(pids) & set(running_demos()):
        if time.monotonic() > deadline:
            print("a demo does not stop", file=sys.stderr)
            return 1
        time.sleep(0.05)
    print(f"stopped {len(pids)} demo(s)")
    return 0


def leave(*_: Any) -> None:
    sys.exit(0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["stop"]:
        sys.exit(stop_demos([int(pid) for pid in sys.argv[2:]]))
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, leave)
    sys.exit(run_demo())
