"""Each stable code (TD101) stands once in src/, as a constant, and has one row in doc/errors.md, and the other way round;
other documents name documented codes only."""

import re
from collections import Counter

from _tree import ROOT, finish, literals, name, sources

CODE = re.compile(r"TD\d{3}")
document = ROOT / "doc/errors.md"
rows = Counter(re.findall(r"^\| (TD\d{3}) \|", document.read_text(), re.M))
complaints = [f"{name(document)}: {code} has {count} rows" for code, count in rows.items() if count > 1]

places: dict[str, list[str]] = {}
for file in sources(".cpp", ".hpp"):
    for line, text in literals(file.read_text()):
        for code in CODE.findall(text):
            places.setdefault(code, []).append(f"{name(file)}:{line}")
for code, where in sorted(places.items()):
    if len(where) > 1:
        complaints.append(f"{', '.join(where)}: {code} is written more than once; use its constant, or another number")
    if code not in rows:
        complaints.append(f"{where[0]}: {code} has no row in {name(document)}")
complaints += [f"{name(document)}: {code} occurs nowhere in src/" for code in sorted(rows) if code not in places]

for file in [ROOT / "README.md", *sources(".md", under="doc"), *sources(".sql", under="control")]:
    complaints += [f"{name(file)}: {code} is not documented in {name(document)}"
                   for code in sorted(set(CODE.findall(file.read_text()))) if code not in rows]
finish(complaints, min(len(places), len(rows)))
