"""Conditions against json-logic-js: run.py <build directory> <json_logic_check>. npm installs it once into the build
directory; the random seed of a failure is printed: node json_logic.cjs random <seed> <n> makes the cases again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RANDOM = 30_000


def installed(build: Path) -> Path:
    """The directory with node_modules; installed anew when the lock file has changed."""
    build.mkdir(parents=True, exist_ok=True)
    done, lock = build / "installed.json", (HERE / "package-lock.json").read_text()
    if not done.exists() or done.read_text() != lock:
        for file in ("package.json", "package-lock.json"):
            shutil.copy(HERE / file, build / file)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=build, check=True)
        done.write_text(lock)
    shutil.copy(HERE / "json_logic.cjs", build / "json_logic.cjs")
    return build


def compare(build: Path, check: str, *mode: str) -> bool:
    cases = subprocess.run(["node", "json_logic.cjs", *mode], cwd=build, check=True, stdout=subprocess.PIPE).stdout
    print("json_logic.cjs", *mode, flush=True)
    return subprocess.run([check], input=cases).returncode == 0


def main(build: str, check: str) -> int:
    where = installed(Path(build))
    seed = str(int.from_bytes(os.urandom(3), "big"))
    results = [compare(where, check, "written"), compare(where, check, "random", seed, str(RANDOM))]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
