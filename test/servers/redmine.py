"""A real Redmine 5 on a free port of loopback, from Debian's packages (dev/packages): issues with closed ones, custom fields,
whole seconds, 204, 422, nobody's simulation. Its tables are made once per machine (about 15 s) and copied for each instance,
which then starts in about 4 s. `admin_key` is for the product under test; the methods here act as Ann, a person who uses
Redmine at the same time.

    with Redmine() as redmine:
        issue = redmine.create("broken")["id"]; redmine.edit(issue, done_ratio=50); redmine.close(issue)
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

HOME = Path("/usr/share/redmine")
SETUP = Path(__file__).resolve().with_name("redmine_setup.rb")
ADMIN_KEY, ANN_KEY = "a" * 40, "b" * 40
PROJECT = "shop"
ORIGIN = 1  # the custom field
STATUSES = {"New": 1, "In Progress": 2, "Resolved": 3, "Feedback": 4, "Closed": 5, "Rejected": 6}


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pg_tandem"


class _Instance:
    """What Debian's Redmine calls an instance: configuration, log, files and database in a directory of their own."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.database = directory / "redmine.sqlite3"
        for name in ("config", "files", "log", "public", "tmp"):
            (directory / name).mkdir()
        (directory / "config" / "database.yml").write_text(
            f"production:\n  adapter: sqlite3\n  database: {self.database}\n  timeout: 20000\n")
        (directory / "config" / "secret_key.txt").write_text(secrets.token_hex(32))
        # Instances are looked for below HOME; up to the root and down again is a place like any other.
        up = "../" * len((HOME / "instances").resolve().parts)
        self.environment = {**os.environ, "RAILS_ENV": "production", "REDMINE_LANG": "en", "LC_ALL": "C.UTF-8", "TZ": "UTC",
                            "REDMINE_INSTANCE": up + str(directory).lstrip("/")}

    def ruby(self, *arguments: str) -> None:
        done = subprocess.run(["ruby", *arguments], cwd=HOME, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(f"ruby {' '.join(arguments)} failed:\n{done.stdout[-3000:]}")


def _prepared() -> Path:
    """The file with the tables and the first rows; made by whoever comes first, the others wait for it."""
    recipe = SETUP.read_bytes() + (HOME / "lib/redmine/version.rb").read_bytes() + f"{ADMIN_KEY}{ANN_KEY}".encode()
    made = _cache() / f"redmine-{hashlib.sha256(recipe).hexdigest()[:16]}.sqlite3"
    made.parent.mkdir(parents=True, exist_ok=True)
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            with tempfile.TemporaryDirectory(prefix="pg_tandem_redmine.") as directory:
                instance = _Instance(Path(directory))
                instance.ruby("-S", "rake", "db:migrate")
                instance.ruby("-r", "./config/environment", str(SETUP), ADMIN_KEY, ANN_KEY)
                shutil.copyfile(instance.database, made.with_suffix(".part"))
            made.with_suffix(".part").rename(made)
    return made


class Refused(Exception):
    def __init__(self, status: int, body: Any):
        super().__init__(f"{status}: {body}")
        self.status, self.body = status, body


class Redmine:
    def __init__(self) -> None:
        assert HOME.exists(), "Redmine is not installed: dev/packages check"
        self.admin_key, self.ann_key = ADMIN_KEY, ANN_KEY
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> Redmine:
        prepared = _prepared()
        self.directory = Path(tempfile.mkdtemp(prefix="pg_tandem_redmine."))
        instance = _Instance(self.directory)
        shutil.copyfile(prepared, instance.database)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = self.directory / "log" / "puma.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["ruby", "-S", "puma", "-e", "production", "-t", "1:4", "-b", f"tcp://127.0.0.1:{self.port}", "config.ru"],
                cwd=HOME, env=instance.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))
        self._wait()
        return self

    def __exit__(self, *_: Any) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + 120
        while True:
            try:
                self.request("GET", "/issue_statuses.json")
                return
            except OSError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"Redmine did not start ({error}):\n{self._log.read_text()[-3000:]}") from None
                time.sleep(0.05)

    # What Ann does

    def request(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        """The answer's JSON, None if it has no body; raises Refused for 4xx and 5xx."""
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"X-Redmine-API-Key": key or self.ann_key, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            text = error.read()
            raise Refused(error.code, json.loads(text) if text.startswith(b"{") else text.decode()) from None
        return json.loads(text) if text.strip() else None

    def create(self, subject: str, origin: str | None = None, **fields: Any) -> dict[str, Any]:
        issue = {"project_id": PROJECT, "subject": subject, **fields}
        if origin is not None:
            issue["custom_fields"] = [{"id": ORIGIN, "value": origin}]
        return self.request("POST", "/issues.json", {"issue": issue})["issue"]

    def get(self, issue: int) -> dict[str, Any]:
        return self.request("GET", f"/issues/{issue}.json")["issue"]

    def edit(self, issue: int, **fields: Any) -> None:
        self.request("PUT", f"/issues/{issue}.json", {"issue": fields})

    def close(self, issue: int) -> None:
        self.edit(issue, status_id=STATUSES["Closed"])

    def delete(self, issue: int) -> None:
        self.request("DELETE", f"/issues/{issue}.json")

    def issues(self) -> dict[int, dict[str, Any]]:
        """All of them by id, closed ones too."""
        found: dict[int, dict[str, Any]] = {}
        while True:
            page = self.request("GET", "/issues.json?" + urlencode({"status_id": "*", "sort": "id", "limit": 100,
                                                                    "offset": len(found)}))
            found |= {issue["id"]: issue for issue in page["issues"]}
            if not page["issues"] or len(found) >= page["total_count"]:
                return found

    def writes(self) -> int:
        """How many requests there were, of anybody, that may change something."""
        log = (self.directory / "log" / "production.log").read_text(errors="replace")
        return sum(log.count(f'Started {method} "') for method in ("POST", "PUT", "DELETE"))

    def delete_all(self) -> None:
        for issue in self.issues():
            self.delete(issue)
