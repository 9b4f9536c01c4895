"""The install script creates and never replaces, qualifies what it creates, grants nothing to PUBLIC, and comments on
every object."""

import re

from _tree import finish, name, sources

KINDS = r"SCHEMA|TABLE|VIEW|FUNCTION|PROCEDURE|TYPE|DOMAIN|SEQUENCE|AGGREGATE|EVENT TRIGGER"
files = sources(".sql", under="control/install")
complaints, created, commented = [], [], set()
for file in files:
    text = re.sub(r"--[^\n]*", "", file.read_text())
    for pattern, what in [(r"CREATE\s+OR\s+REPLACE", "CREATE OR REPLACE"), (r"IF\s+NOT\s+EXISTS", "IF NOT EXISTS"),
                          (r"GRANT\s[^;]*\sTO\s+PUBLIC", "a grant to PUBLIC"), (r"@ext\w+@", "a substitution"),
                          (r"SECURITY\s+DEFINER(?![^;]*SET\s+search_path)", "SECURITY DEFINER without search_path")]:
        if re.search(pattern, text, re.I):
            complaints.append(f"{name(file)}: {what}")
    statement = rf'\b({KINDS})\s+("?[\w.]+"?)'
    for kind, thing in re.findall(rf"^CREATE\s+(?:UNLOGGED\s+)?{statement}", text, re.I | re.M):
        created.append((kind.upper(), thing, name(file)))
        if kind.upper() not in ("SCHEMA", "EVENT TRIGGER") and not thing.startswith("tandem."):
            complaints.append(f"{name(file)}: {kind} {thing} is not made in schema tandem by name")
    commented |= {(kind.upper(), thing) for kind, thing in re.findall(rf"COMMENT\s+ON\s+{statement}", text, re.I)}
complaints += [f"{file}: no COMMENT ON {kind} {thing}" for kind, thing, file in created if (kind, thing) not in commented]
finish(complaints, len(created))
