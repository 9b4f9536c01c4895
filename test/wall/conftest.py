"""The wall's test module: built from the files beside this one and the extension's own objects of src/pg and src/base.

wall      a running server (without the extension) and the module's path; the module's functions are in `postgres`
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from cluster import Cluster  # noqa: E402
from installation import ROOT, build_directory, pg_config  # noqa: E402

FLAGS = ("-std=c++20 -O1 -g -fPIC -fwrapv -fno-strict-aliasing -fvisibility=hidden -Wall -Wextra -Wshadow -Werror "
         "-Wno-register").split()
FUNCTIONS = """
wall_raise(int) void
wall_throw(text) void
wall_throw_code(int) void
wall_destroyed() bigint
wall_memory() bigint
wall_palloc(bigint, boolean) void
wall_no_memory_to_copy() text
wall_catch_many(bigint, OUT caught bigint, OUT before bigint, OUT after bigint, OUT rss_before bigint, OUT rss_after bigint)
wall_restored() boolean
wall_log() void
wall_noexcept_entry() boolean
wall_arguments(text, bigint, boolean, text[], interval, timestamptz, jsonb, OUT text, OUT bigint, OUT boolean, OUT text, OUT bigint, OUT timestamptz, OUT jsonb, OUT int)
wall_rows(int) TABLE (n int, t text, j jsonb, r float8)
wall_texts() SETOF text
wall_run(text) text
wall_failure_inside() text
wall_caught(text) text
wall_caught_without_savepoint() void
wall_parameters() boolean
wall_engine(text) SETOF text
wall_plan(text, boolean) SETOF text
wall_stage(regtype, int, oid, text[]) SETOF text
wall_stage_native() SETOF text
wall_stage_errors() text
wall_stage_many(bigint, int) text
wall_describe(regclass) SETOF text
wall_try_lock(regclass) boolean
wall_roles(text, regclass) text
wall_settings() bigint
wall_wait(int) text
wall_start(text, text, text, boolean) int
"""
OBJECTS = """
CREATE FUNCTION wall_boom(anyelement) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN wall_run(''SELECT (1/0)::text''); END';
CREATE TABLE wall_log (at serial, line text);
CREATE TABLE wall_deferred (n int UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE wall_locked (n int);
CREATE ROLE tandem_owner NOLOGIN;
"""


class Wall:
    def __init__(self, cluster: Cluster, module: Path):
        self.cluster, self.module = cluster, module
        cluster.psql(OBJECTS + "".join(self._function(line) for line in FUNCTIONS.strip().splitlines()))

    def _function(self, line: str) -> str:
        signature, closing, returns = line.rpartition(")") if line.endswith(")") and " OUT " in line else line.partition(") ")
        result = f" RETURNS {returns}" if returns else ""
        name = signature.split("(")[0]
        return f"CREATE FUNCTION {signature}){result} LANGUAGE c AS '{self.module}', '{name}';\n"

    def worker(self, scenario: str, role: str = "postgres") -> list[str]:
        """Runs a scenario to its end, and gives what it noted."""
        self.cluster.sql("TRUNCATE wall_log")
        self.start(scenario, role, True)
        return [line for line, in self.cluster.sql("SELECT line FROM wall_log ORDER BY at")]

    def start(self, scenario: str, role: str = "postgres", wait: bool = False) -> int:
        return self.cluster.scalar("SELECT wall_start(%s, %s, %s, %s)", (str(self.module), scenario, role, wait))


def build(directory: Path) -> Path:
    """The module, in `directory`; kept beside the extension's build, where there is one, for the next test file."""
    objects = sorted((build_directory() / "src").glob("*/*.o"))
    used = [o for o in objects if o.parent.name in ("pg", "base")]
    if not used:
        raise RuntimeError(f"{build_directory()} has no objects: build the extension first (make -j2)")
    module = directory / "tandem_wall_test.so"
    kept = build_directory() / "tandem_wall_test.so" if "TANDEM_BUILD" in os.environ else None
    sources = [*HERE.glob("*.cc"), *HERE.glob("*.hpp"), *used]
    if kept is None or not kept.exists() or kept.stat().st_mtime < max(s.stat().st_mtime for s in sources):
        compile_module(directory, used, module)
        if kept is not None:
            shutil.copy(module, f"{kept}.{os.getpid()}")
            os.replace(f"{kept}.{os.getpid()}", kept)
    else:
        shutil.copy(kept, module)
    module.chmod(0o755)
    return module


def compile_module(directory: Path, objects: list[Path], module: Path) -> None:
    archive = directory / "wall.a"  # so that only what is used comes in
    subprocess.run(["ar", "rcs", archive, *objects], check=True)
    subprocess.run([os.environ.get("CXX", "g++"), *FLAGS, "-shared", f"-I{ROOT}/src", f"-I{HERE}",
                    "-isystem", pg_config("--includedir-server"), *HERE.glob("*.cc"), archive,
                    "-lcrypto", "-ljansson", "-lsimdjson", "-o", module], check=True)


@pytest.fixture(scope="session")
def wall() -> Iterator[Wall]:
    settings = {"shared_preload_libraries": None, "tandem.allow_http": None, "tandem.allowed_networks": None,
                "max_worker_processes": 16}
    with Cluster(settings) as cluster:
        yield Wall(cluster, build(cluster.directory))
        # Whatever was thrown and terminated: no process died of a signal.
        assert "was terminated by signal" not in cluster.log_text()
