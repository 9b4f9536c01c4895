"""A private PostgreSQL installation that has the extension, made without touching the system's.

A server finds its share and lib directories relative to its own executable. So a directory with a copy of the
executables, links to everything else and our files beside them is an installation: no root needed, several can be used
at once, nothing is left behind. TANDEM_BINDIR names an installation to use instead (one made by `make install`).
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLES = ("postgres", "initdb", "pg_ctl", "pg_controldata", "pg_resetwal", "pg_upgrade")

_made: dict[Path, Path] = {}


def build_directory() -> Path:
    """Where pg_tandem.so and the install script were built: the source tree, unless CTest says otherwise."""
    return Path(os.environ.get("TANDEM_BUILD", ROOT)).resolve()


def pg_config(option: str) -> Path:
    program = os.environ.get("PG_CONFIG", "pg_config")
    return Path(subprocess.run([program, option], check=True, capture_output=True, text=True).stdout.strip())


def bindir() -> Path:
    """The directory of the executables of an installation that has the extension."""
    if "TANDEM_BINDIR" in os.environ:
        return Path(os.environ["TANDEM_BINDIR"])
    build = build_directory()
    if build not in _made:
        _made[build] = _make(build)
    return _made[build]


def _make(build: Path) -> Path:
    library = build / "pg_tandem.so"
    if not library.exists():
        raise RuntimeError(f"{library} is missing: build the extension first (make -j2)")
    prefix = Path(tempfile.mkdtemp(prefix="pg_tandem_install."))
    atexit.register(_remove, prefix, os.getpid())
    prefix.chmod(0o755)  # the server may run as another user
    directories = {name: pg_config(f"--{name}") for name in ("bindir", "sharedir", "pkglibdir")}
    placed = {name: prefix / path.relative_to("/") for name, path in directories.items()}
    for path in placed.values():
        path.mkdir(parents=True)
    # Links are resolved when an executable asks where it is, so these are copies.
    for program in directories["bindir"].iterdir():
        if program.name in EXECUTABLES:
            shutil.copy2(program, placed["bindir"])
        else:
            (placed["bindir"] / program.name).symlink_to(program)
    for name in ("sharedir", "pkglibdir"):
        _link_entries(directories[name], placed[name], skip="pg_tandem")
    extension = placed["sharedir"] / "extension"
    extension.unlink()
    extension.mkdir()
    _link_entries(directories["sharedir"] / "extension", extension, skip="pg_tandem")
    shutil.copy(library, placed["pkglibdir"])
    for source in [ROOT / "control/pg_tandem.control", *ROOT.glob("control/*--*.sql"), *build.glob("control/*--*.sql")]:
        shutil.copy(source, extension)
    return placed["bindir"]


def _link_entries(source: Path, target: Path, skip: str) -> None:
    for entry in source.iterdir():
        if not entry.name.startswith(skip):
            (target / entry.name).symlink_to(entry)


def _remove(prefix: Path, pid: int) -> None:
    if os.getpid() == pid:
        shutil.rmtree(prefix, ignore_errors=True)
