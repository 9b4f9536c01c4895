"""A private PostgreSQL cluster in a temporary directory, with the extension preloaded.

Started as root, the server runs as the system user `postgres`. Everything listens on loopback and on a socket in the
cluster's own directory. The server dies with the process that started it; stop() and close() touch nothing else.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

import psycopg

import installation

SUPERUSER = "postgres"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "shared_preload_libraries": "pg_tandem",
    "log_line_prefix": "%m [%p] %b %u@%d ",
    "timezone": "UTC",
    "tandem.allow_http": "on",
    "tandem.allowed_networks": "127.0.0.0/8, ::1",
}
SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(condition: Callable[[], Any], timeout: float = 30, what: str = "condition") -> Any:
    """Polls until `condition` gives something true, and gives that; raises with the last value when time is up."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not hold within {timeout} s; last value: {value!r}")
        time.sleep(0.02)


def server_identity() -> dict[str, Any]:
    """Arguments for subprocess: the server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG: an immediate shutdown


class Cluster:
    def __init__(self, settings: dict[str, Any] | None = None, wrapper: list[str] | None = None, init: bool = True):
        """`settings` are added to SETTINGS (None removes one); `wrapper` is put before the server's command."""
        self.bindir = installation.bindir()
        self.directory = Path(tempfile.mkdtemp(prefix="pg_tandem_cluster."))
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres", "postgres")
        self.data = self.directory / "data"
        self.log = self.directory / "log"
        self.port = free_port()
        self.settings = {**SETTINGS, **(settings or {})}
        self.wrapper = wrapper or []
        self.process: subprocess.Popen | None = None
        if init:
            self._as_server("initdb", "-D", self.data, "-U", SUPERUSER, "--auth-local=trust", "--auth-host=scram-sha-256",
                            "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")

    def __enter__(self) -> Cluster:
        self.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    # Running

    def start(self, timeout: float = 60, wait: bool = True) -> None:
        assert self.process is None, "already started"
        self._write_settings()
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, str(self.bindir / "postgres"), "-D", str(self.data)], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.directory, start_new_session=True, preexec_fn=die_with_parent,
                **server_identity())
        if wait:
            wait_until(self._is_ready, timeout, f"server start; its log ends with:\n{self.log_text()[-3000:]}\nready")

    def stop(self, mode: str = "fast", timeout: float = 60) -> None:
        if self.process is None:
            return
        self.process.send_signal(SIGNALS[mode])
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"a {mode} shutdown took more than {timeout} s\n{self.log_text()[-3000:]}") from None
        finally:
            if self.process.poll() is None:
                self._kill_all()
            self.process = None

    def restart(self, mode: str = "fast", settings: dict[str, Any] | None = None) -> None:
        self.stop(mode)
        self.settings.update(settings or {})
        self.start()

    def crash(self) -> None:
        """kill -9 of the postmaster and all its children, as a power failure would."""
        if self.process is not None:
            self._kill_all()
            self.process = None

    def reload(self, settings: dict[str, Any] | None = None) -> None:
        self.settings.update(settings or {})
        self._write_settings()
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def close(self) -> None:
        """Stops the server and removes its directory; TANDEM_KEEP=1 keeps it and says where it is."""
        try:
            self.stop("immediate")
        finally:
            if os.environ.get("TANDEM_KEEP"):
                print(f"kept: {self.directory}")
            else:
                shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Of the postmaster, also under a wrapper that forks."""
        return int((self.data / "postmaster.pid").read_text().split("\n")[0])

    # A standby

    def standby(self, settings: dict[str, Any] | None = None) -> Cluster:
        """A streaming standby of this cluster, not started yet."""
        copy = Cluster(settings={**self.settings, **(settings or {})}, init=False)
        copy._as_server("pg_basebackup", "-D", copy.data, "-h", self.directory, "-p", self.port, "-U", SUPERUSER,
                        "-R", "-X", "stream", "-c", "fast", "--no-sync")
        return copy

    def promote(self, timeout: float = 60) -> None:
        assert self.scalar(f"SELECT pg_promote(true, {int(timeout)})"), "promotion failed"

    # Asking

    def connect(self, dbname: str = "postgres", user: str = SUPERUSER, **options: Any) -> psycopg.Connection:
        return psycopg.connect(host=str(self.directory), port=self.port, dbname=dbname, user=user,
                               **{"autocommit": True, **options})

    def sql(self, query: str, params: Any = None, dbname: str = "postgres", user: str = SUPERUSER) -> list[tuple]:
        """The rows of one statement run in a session of its own."""
        with self.connect(dbname, user) as connection:
            cursor = connection.execute(query, params)
            return cursor.fetchall() if cursor.description else []

    def scalar(self, query: str, params: Any = None, dbname: str = "postgres", user: str = SUPERUSER) -> Any:
        rows = self.sql(query, params, dbname, user)
        return rows[0][0] if rows else None

    def psql(self, script: str, dbname: str = "postgres", user: str = SUPERUSER, check: bool = True) -> str:
        """What psql prints (unaligned, tuples only) for a script; with check=False errors are in it too."""
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.directory), "-p", str(self.port),
             "-U", user, "-d", dbname], input=script, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if check else subprocess.STDOUT)
        if check and done.returncode != 0:
            raise AssertionError(f"psql failed:\n{done.stderr}")
        return done.stdout.rstrip("\n")

    def wait_for(self, condition: str | Callable[[], Any], timeout: float = 30, dbname: str = "postgres",
                 user: str = SUPERUSER) -> Any:
        """Waits until a query's first value is true, or a callable gives something true."""
        if callable(condition):
            return wait_until(condition, timeout)
        with self.connect(dbname, user) as connection:
            def holds() -> Any:
                row = connection.execute(condition).fetchone()
                return row and row[0]
            try:
                return wait_until(holds, timeout, condition)
            except AssertionError as e:
                raise AssertionError(f"{e}\nserver log ends with:\n{self.log_text()[-3000:]}") from None

    def processes(self, kind: str | None = None, dbname: str | None = None) -> list[dict[str, Any]]:
        """Our processes: pid, backend_type, datname, usename, application_name, state, query. `kind`: launcher, …"""
        with self.connect(row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute(
                "SELECT pid, backend_type, datname, usename, application_name, state, query FROM pg_stat_activity"
                " WHERE backend_type LIKE 'tandem %%' AND (%(kind)s::text IS NULL OR backend_type = 'tandem ' || %(kind)s)"
                " AND (%(db)s::text IS NULL OR datname = %(db)s) ORDER BY pid",
                {"kind": kind, "db": dbname}).fetchall()

    def log_text(self, since: int = 0) -> str:
        """The server's log from byte `since` (see log_mark) on."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    def log_mark(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def wait_for_log(self, text: str, since: int = 0, timeout: float = 30) -> None:
        wait_until(lambda: text in self.log_text(since), timeout, f"{text!r} in the server's log")

    # Insides

    def _write_settings(self) -> None:
        settings = {**self.settings, "port": self.port, "unix_socket_directories": self.directory}
        lines = [f"{name} = '{str(value).replace(chr(39), chr(39) * 2)}'"
                 for name, value in settings.items() if value is not None]
        file = self.data / "tandem_test.conf"
        file.write_text("\n".join(lines) + "\n")
        file.chmod(0o644)
        include = "include_if_exists = 'tandem_test.conf'\n"
        main = self.data / "postgresql.conf"
        if include not in main.read_text():
            with main.open("a") as f:
                f.write(include)

    def _as_server(self, program: str, *arguments: Any) -> None:
        done = subprocess.run([str(self.bindir / program), *map(str, arguments)], cwd=self.directory, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **server_identity())
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed:\n{done.stdout}")

    def _is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            self.process = None
            raise AssertionError(f"the server ended at start:\n{self.log_text()[-3000:]}")
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() in ("ready", "standby")

    def _kill_all(self) -> None:
        assert self.process is not None
        pids = [self.process.pid, *descendants(self.process.pid)]
        for pid in pids:
            kill(pid, signal.SIGKILL)
        self.process.wait(10)
        wait_until(lambda: not any(alive(pid) for pid in pids), 10, "end of the killed server's processes")


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
