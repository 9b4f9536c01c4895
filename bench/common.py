"""What the benchmarks share: an optimised build, a server set up for speed, figures as `name value` lines."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "test/e2e"))
os.environ.setdefault("TANDEM_BUILD", str(ROOT / "build/gcc/extension"))

ROLE = "bench"
SETTINGS = {
    "shared_buffers": "1GB",
    "fsync": "on",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "60min",
    "tandem.max_workers": "2",
}


def build() -> None:
    """The extension as `make` makes it, in the directory that dev/check uses too."""
    directory = Path(os.environ["TANDEM_BUILD"])
    directory.mkdir(parents=True, exist_ok=True)
    subprocess.run(["make", "-s", "-C", directory, "-f", ROOT / "Makefile", f"-j{os.cpu_count()}"], check=True,
                   stdout=sys.stderr)


def prepare(cluster) -> None:
    """A role that owns the benchmark's tables and may use tandem."""
    from conftest import GRANTS

    cluster.psql(f"CREATE EXTENSION pg_tandem; CREATE ROLE {ROLE} LOGIN; GRANT CREATE ON SCHEMA public TO {ROLE};")
    cluster.psql(GRANTS.format(role=ROLE))


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def figure(name: str, value: float) -> None:
    print(f"{name} {value:.3g}" if abs(value) < 100 else f"{name} {value:.0f}", flush=True)


def timed(work: Callable[[], object]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


def median(values: list[float]) -> float:
    return statistics.median(values)


class PeakMemory:
    """Largest private memory (RssAnon: shared buffers are not growth) of one process, read every turn()."""

    def __init__(self, pid: int):
        self._status = Path(f"/proc/{pid}/status")
        self.start = self.peak = self._read()

    def _read(self) -> float:
        try:
            line = next(x for x in self._status.read_text().splitlines() if x.startswith("RssAnon"))
        except (FileNotFoundError, ProcessLookupError, StopIteration):
            return 0
        return int(line.split()[1]) / 1024

    def turn(self) -> None:
        self.peak = max(self.peak, self._read())

    @property
    def growth(self) -> float:
        return self.peak - self.start
