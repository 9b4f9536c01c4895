"""Files have at most 500 lines, functions at most 60."""

import re

from _tree import finish, name, sources, without_comments_and_strings

MAX_FILE, MAX_FUNCTION = 500, 60
_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum)\b[^()]*$|\bextern\s*$")


def functions(text: str):
    """(first line, number of lines) of each function body; a heuristic over braces."""
    text = re.sub(r"^\s*#.*$", "", without_comments_and_strings(text), flags=re.M)
    scopes, outer, head = [], None, 0
    for match in re.finditer(r"[{};]", text):
        position = match.start()
        if match[0] == "{":
            before = text[head:position]
            # Inside a function, or inside parentheses and initialisers, braces are of no interest.
            is_scope = outer is None and _SCOPE.search(before) is not None
            if outer is None and not is_scope and ")" in before and "=" not in before.split("(")[0]:
                outer = len(scopes)
                start = text.count("\n", 0, position) + 1
            scopes.append(is_scope)
        elif match[0] == "}" and scopes:
            scopes.pop()
            if outer is not None and len(scopes) == outer:
                yield start, text.count("\n", 0, position) + 2 - start
                outer = None
        head = position + 1


files = [*sources(".cpp", ".hpp"), *sources(".cc", ".cpp", ".hpp", ".py", under="test"), *sources(".sql", under="sql"),
         *sources(".sql", under="control/install"), *sources(".py", "", under="bench"), *sources("", under="dev")]
complaints = []
for file in files:
    text = file.read_text()
    lines = text.count("\n")
    if lines > MAX_FILE:
        complaints.append(f"{name(file)}: {lines} lines, at most {MAX_FILE}")
    if file.suffix in (".cpp", ".hpp"):
        complaints += [f"{name(file)}:{line}: a function of {length} lines, at most {MAX_FUNCTION}"
                       for line, length in functions(text) if length > MAX_FUNCTION]
finish(complaints, len(files))
