"""Each header compiles alone, begins with what it is for, and is included once."""

from _tree import compile_all, finish, name, sources

headers = sources(".hpp")
complaints = compile_all("g++", headers, lambda header: ["-include", str(header), "-x", "c++", "/dev/null"])
for header in headers:
    text = header.read_text()
    if not text.startswith("// "):
        complaints.append(f"{name(header)}: begins without a comment on its part in the whole")
    if "#pragma once" not in text:
        complaints.append(f"{name(header)}: no #pragma once")
finish(complaints, len(headers))
