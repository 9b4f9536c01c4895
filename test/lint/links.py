"""Links between our pages lead somewhere: the file is there, and the heading that the anchor names."""

import re

from _tree import ROOT, finish, name, sources

LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]+))?\)")


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(text: str) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.M)}


files = [*ROOT.glob("*.md"), *sources(".md", under="doc")]
known = {file: anchors(file.read_text()) for file in files}
complaints = []
for file in files:
    for number, line in enumerate(file.read_text().splitlines(), 1):
        for target, anchor in LINK.findall(line):
            if "://" in target:
                continue
            to = (file.parent / target).resolve() if target else file
            if not to.exists() or anchor and anchor not in known.get(to, set()):
                complaints.append(f"{name(file)}:{number}: {target}{'#' + anchor if anchor else ''} leads nowhere")
finish(complaints, len(files))
