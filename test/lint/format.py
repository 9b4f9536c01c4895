"""C++ is formatted as .clang-format says (dev/format does it)."""

import subprocess

from _tree import ROOT, finish, sources

files = [*sources(".cpp", ".hpp"), *sources(".cc", ".cpp", ".hpp", under="test")]
done = subprocess.run(["clang-format-14", "--dry-run", *files], capture_output=True, text=True)
wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "clang-format-violations" in line})
complaints = [f"{path.removeprefix(f'{ROOT}/')}: run dev/format" for path in wrong]
finish(complaints, len(files))
