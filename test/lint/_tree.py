"""What the lint rules share: the tree's files, C++ text without comments, and the way a rule reports."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wshadow", "-Wnon-virtual-dtor", "-Wold-style-cast", "-Werror",
         "-Wno-register", "-fsyntax-only"]


def sources(*suffixes: str, under: str = "src") -> list[Path]:
    return sorted(p for p in (ROOT / under).rglob("*") if p.suffix in suffixes and p.is_file())


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)


def without_comments(text: str) -> str:
    """C++ text with comments blanked; line numbers stay."""
    return _TOKEN.sub(lambda m: _blank(m[0]) if m[0].startswith("/") else m[0], text)


def without_comments_and_strings(text: str) -> str:
    return _TOKEN.sub(lambda m: _blank(m[0]), text)


def literals(text: str) -> Iterable[tuple[int, str]]:
    """(line, contents) of the string literals outside comments; literals that stand side by side are one."""
    end, start, joined = -1, 0, None
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token[0] not in 'R"':
            continue
        value = re.sub(r'^R"\w*\(|\)\w*"$', "", token) if token[0] == "R" else token[1:-1]
        if joined is not None and not text[end:match.start()].strip():
            joined += value
        else:
            if joined is not None:
                yield start, joined
            start, joined = text.count("\n", 0, match.start()) + 1, value
        end = match.end()
    if joined is not None:
        yield start, joined


def compile_all(compiler: str, files: list[Path], arguments: Callable[[Path], list[str]]) -> list[str]:
    """Checks that each file compiles, given the compiler's arguments for it; gives the complaints."""
    postgres = subprocess.run([os.environ.get("PG_CONFIG", "pg_config"), "--includedir-server"], check=True,
                              capture_output=True, text=True).stdout.strip()
    include = [f"-I{ROOT / 'src'}", "-isystem", postgres]

    def check(file: Path) -> str:
        done = subprocess.run([compiler, *FLAGS, *include, *arguments(file)], capture_output=True, text=True)
        return "" if done.returncode == 0 else f"{name(file)} does not compile:\n{done.stderr[:3000]}"

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [complaint for complaint in pool.map(check, files) if complaint]


def finish(complaints: Iterable[str], looked_at: int) -> None:
    """Ends the rule. A rule that found nothing to look at has failed: its paths are wrong."""
    complaints = list(complaints)
    for complaint in complaints:
        print(complaint)
    print(f"{len(complaints)} complaints, {looked_at} looked at")
    sys.exit(1 if complaints or looked_at == 0 else 0)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
