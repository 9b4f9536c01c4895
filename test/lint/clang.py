"""The other compiler accepts every source file. base, core and net are compiled by the clang build of the unit tests."""

from _tree import compile_all, finish, sources

files = [file for layer in ("pg", "store", "worker", "api") for file in sources(".cpp", under=f"src/{layer}")]
version = ['-DTANDEM_VERSION="0"', '-DTANDEM_COMMIT="0"']
finish(compile_all("clang++", files, lambda file: [*version, str(file)]), len(files))
