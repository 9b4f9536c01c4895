"""Things that may stand in certain files only: the one setjmp, third-party headers, threads, coroutines, SQL text."""

import re
from fnmatch import fnmatch

from _tree import finish, literals, name, sources, without_comments, without_comments_and_strings

# (what, pattern in code without comments and strings, files that may contain it)
CODE = [
    ("setjmp or PG_TRY", r"\b(sigsetjmp|setjmp|PG_TRY|PG_CATCH|PG_FINALLY)\b", ["src/pg/guard.cpp"]),
    ("a thread", r"\bstd::(thread|jthread|async)\b|\bpthread_create\b", []),
    ("a coroutine", r"\bco_(await|return|yield)\b", []),
    ("malloc and friends", r"(?<![\w.:>])(malloc|calloc|realloc|free)\s*\(", []),
    ("naked new", r"\bnew\s+[A-Za-z_:]+\s*[({\[]", []),
]
# (header, files that may include it)
HEADERS = [
    (r"curl/", ["src/net/*"]),
    (r"jansson\.h", ["src/base/json*.cpp"]),
    (r"simdjson", ["src/base/page_reader.cpp"]),
    (r"openssl/", ["src/base/secret*", "src/base/crypto*", "src/net/*"]),
    (r"(postgres|fmgr|funcapi|miscadmin|pgstat)\.h|(access|catalog|commands|executor|lib|libpq|nodes|parser|port|"
     r"postmaster|storage|tcop|utils)/", ["src/pg/*.cpp", "src/pg/postgres.hpp"]),
    (r"setjmp\.h|csetjmp", ["src/pg/guard.cpp"]),
    (r"(thread|coroutine)$", []),
]
SQL_FILES = ["src/store/*", "src/pg/catalog.cpp"]
DML = re.compile(r"\s*(SELECT\s|INSERT INTO\s|UPDATE\s+\S+\s+SET\b|DELETE FROM\s|WITH \w+ AS|MERGE INTO|LOCK TABLE)", re.I)
DDL = re.compile(r"\s*(CREATE|DROP|ALTER) TABLE", re.I)
# In a hint, to be pasted by a person: ends with a semicolon, calls us, or stands where nothing can be executed.
HINT = re.compile(r"\s*SELECT (\* FROM )?tandem\.[a-z]|.*;\s*$", re.S)
PURE = ["src/base/*", "src/core/*", "src/net/*"]


def is_sql(path: str, text: str) -> bool:
    return (DML.match(text) or DDL.match(text) and not allowed(path, PURE)) and not HINT.match(text)


def allowed(path: str, patterns: list[str]) -> bool:
    return any(fnmatch(path, p) for p in patterns)


files = sources(".cpp", ".hpp")
complaints = []
for file in files:
    path, text = name(file), file.read_text()
    code, bare = without_comments(text), without_comments_and_strings(text)
    for what, pattern, places in CODE:
        for match in re.finditer(pattern, bare):
            if not allowed(path, places):
                complaints.append(f"{path}:{bare.count(chr(10), 0, match.start()) + 1}: {what}, allowed in {places}")
    for header in re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', code, re.M):
        for pattern, places in HEADERS:
            if re.match(pattern, header) and not allowed(path, places):
                complaints.append(f"{path}: includes {header}, allowed in {places}")
    if not allowed(path, SQL_FILES):
        complaints += [f"{path}:{line}: SQL text belongs into src/store: {text[:60]!r}"
                       for line, text in literals(text) if is_sql(path, text)]
finish(complaints, len(files))
