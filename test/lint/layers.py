"""Includes follow the layers: api -> worker -> {store, net, core} -> base, store -> {pg, core}, pg -> base."""

import re

from _tree import ROOT, finish, name, sources, without_comments

MAY_INCLUDE = {
    "base": {"base"},
    "core": {"core", "base"},
    "net": {"net", "base"},
    "pg": {"pg", "base"},
    "store": {"store", "pg", "core", "base"},
    "worker": {"worker", "store", "net", "core", "pg", "base"},
    "api": {"api", "worker", "store", "net", "core", "pg", "base"},
}
# The wall's own headers: nothing outside src/pg may see what a guard or Postgres itself looks like.
PRIVATE_TO_PG = {"pg/postgres.hpp", "pg/guard.hpp"}

files = sources(".cpp", ".hpp")
complaints = []
for file in files:
    layer = file.relative_to(ROOT / "src").parts[0]
    for include in re.findall(r'^\s*#\s*include\s+"([^"]+\.hpp)"', without_comments(file.read_text()), re.M):
        other = include.split("/")[0]
        if "/" not in include or other not in MAY_INCLUDE:
            complaints.append(f'{name(file)}: "{include}" is not written as "layer/…/file.hpp"')
        elif layer not in MAY_INCLUDE or other not in MAY_INCLUDE[layer]:
            complaints.append(f"{name(file)}: layer {layer} may not include {include}")
        elif include in PRIVATE_TO_PG and layer != "pg":
            complaints.append(f"{name(file)}: {include} is private to src/pg")
finish(complaints, len(files))
