"""dev/demo: works from end to end, twice, leaves nothing behind, and can be stopped."""

import os
import pty
import re
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from cluster import alive, descendants, wait_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment():
    """A temporary directory of its own, so that what is left behind can be seen; servers must be able to enter it."""
    directory = Path(tempfile.mkdtemp(prefix="demo."))
    directory.chmod(0o1777)
    yield {**os.environ, "TMPDIR": str(directory)}
    assert list(directory.iterdir()) == []
    directory.rmdir()


def run_without_terminal(environment):
    done = subprocess.run([ROOT / "dev/demo"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=600, env=environment)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_tells_the_whole_story_twice_and_leaves_nothing(environment):
    for _ in range(2):
        output = run_without_terminal(environment)
        for statement in ("CREATE EXTENSION pg_tandem", "create_connection", "test_connection", "list_fields",
                          "create_table_for", "create_mapping", "sync_now", "wait_for_run", "mapping_status",
                          "recent_runs", "sync_errors"):
            assert statement in output, output
        assert "Côte d'Ivoire" in output
        assert "Ahvenanmaa" in output
        places = re.search(r"count \| france *\n[-+]+\n +(\d+) \| +(\d+)", output)
        assert places and int(places[1]) > 200 and places[2] == "0", output
        scheduled = re.search(r"countries \| schedule \| +\d+ \| +\d+ \| +(\d+) \| +(\d+) \| +(\d+) \| +(\d+)", output)
        assert scheduled and scheduled.groups() == ("0", "1", "0", "0"), output


@pytest.mark.parametrize("how", ["dev/demo stop", "SIGINT", "SIGKILL"])
def test_runs_until_stopped(environment, how):
    terminal, child_side = pty.openpty()
    demo = subprocess.Popen([ROOT / "dev/demo"], stdin=child_side, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, env=environment)
    try:
        for line in demo.stdout:
            if "Connect with:" in line:
                connect = line.split("Connect with:")[1].split("(")[0].split()
            if "Stop it with" in line:
                break
        else:
            raise AssertionError(f"the demo ended by itself with {demo.wait()}")
        query = [*connect, "-X", "-A", "-t", "-c", "SELECT count(*) > 200 FROM countries"]
        assert subprocess.run(query, check=True, capture_output=True, text=True).stdout == "t\n"
        servers = descendants(demo.pid)
        assert servers
        if how == "dev/demo stop":
            subprocess.run([ROOT / "dev/demo", "stop", str(demo.pid)], check=True, timeout=60, env=environment)
        else:
            demo.send_signal(getattr(signal, how))
        demo.wait(60)
        wait_until(lambda: not any(alive(pid) for pid in servers), 30, "end of the demo's servers")
    finally:
        demo.kill()
        demo.wait()
        demo.stdout.close()
        os.close(terminal)
        os.close(child_side)
        if how == "SIGKILL":  # nobody was left to remove the files, but no process may stay
            subprocess.run(["rm", "-rf", *Path(environment["TMPDIR"]).iterdir()], check=True)
