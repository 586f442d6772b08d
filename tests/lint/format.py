#!/usr/bin/env python3
"""C++ is laid out as clang-format 14 does it with the project's .clang-format."""

import re
import shutil
import subprocess

import lint

PROGRAM = shutil.which("clang-format-14") or "clang-format"


def check(root):
    paths = [path.as_posix() for path in lint.sources(root)]
    if not paths:
        return
    done = subprocess.run([PROGRAM, "--dry-run", "--style=file", "--ferror-limit=1", *paths], cwd=root,
                          check=False, capture_output=True, text=True)
    if done.returncode != 0:
        yield f"{PROGRAM}: {done.stderr.strip()}"
    bad = sorted(set(re.findall(r"^(\S+?):\d+:\d+: (?:warning|error): code should be clang-formatted",
                                done.stderr, re.MULTILINE)))
    for path in bad:
        yield f"{path}: not as {PROGRAM} has it"


STYLE = {".clang-format": "BasedOnStyle: Google\n"}
PLANTED = [
    ("a clean tree", STYLE | {"oci/a.cpp": "int main() { return 0; }\n"}, []),
    ("bad layout", STYLE | {"oci/a.cpp": "int  main( ) {return 0;}\n", "oci/b.cpp": "int b;\n"},
     [f"oci/a.cpp: not as {PROGRAM} has it"]),
]

if __name__ == "__main__":
    lint.main(check, PLANTED)
