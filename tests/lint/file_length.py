#!/usr/bin/env python3
"""C++ files fit a reader: 500 lines (tests 600), 100 columns. The size of functions is clang-tidy's."""

import lint

LINES = 500
LINES_OF_TESTS = 600
COLUMNS = 100


def check(root):
    for path in lint.sources(root):
        lines = lint.text(root, path).splitlines()
        most = LINES_OF_TESTS if path.parts[0] == "tests" else LINES
        if len(lines) > most:
            yield f"{path.as_posix()}: {len(lines)} lines, at most {most}"
        for number, line in enumerate(lines, 1):
            # an address cannot be broken, nor can the raw text that a test compares with
            if len(line) > COLUMNS and "://" not in line and path.parts[0] != "tests":
                yield f"{path.as_posix()}:{number}: {len(line)} columns, at most {COLUMNS}"


PLANTED = [
    ("a clean tree", {"oci/a.cpp": "x\n" * LINES, "README.md": "y" * 200}, []),
    ("a long file", {"oci/a.cpp": "x\n" * (LINES + 1)}, ["oci/a.cpp: 501 lines, at most 500"]),
    ("a long test", {"tests/oci/a.cpp": "x\n" * (LINES_OF_TESTS + 1)},
     ["tests/oci/a.cpp: 601 lines, at most 600"]),
    ("a wide line", {"oci/a.h": "\n" + "x" * 101}, ["oci/a.h:2: 101 columns, at most 100"]),
]

if __name__ == "__main__":
    lint.main(check, PLANTED)
