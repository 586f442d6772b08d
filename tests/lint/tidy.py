#!/usr/bin/env python3
"""clang-tidy finds nothing in stamp's own sources (tests/ is left to the compilers' warnings).

usage: tidy.py BUILD-FOLDER | --self-test
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import lint

FAULT = re.compile(r"^(?:\S+:\d+:\d+: )?(?:warning|error): .*", re.MULTILINE)


def tidy(build, path):
    """The faults of one file, as clang-tidy words them."""
    done = subprocess.run(["clang-tidy", "-p", str(build), "--quiet",
                           "--extra-arg=-Wno-unknown-warning-option", str(path)],
                          check=False, capture_output=True, text=True)
    faults = FAULT.findall(done.stdout)
    if done.returncode != 0 and not faults:
        faults = [f"{path}: clang-tidy ended with {done.returncode}: {done.stderr[-500:]}"]
    return faults


def check(build, root):
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    paths = {pathlib.Path(command["directory"], command["file"]) for command in commands}
    paths = sorted(path for path in paths if path.is_relative_to(root)
                   and path.relative_to(root).parts[0] in lint.ROOMS)
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        faults = set()
        for found in pool.map(lambda path: tidy(build, path), paths):
            faults.update(found)  # one of a header is found once for each file that includes it
    return len(paths), sorted(faults)


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        (root / ".clang-tidy").write_bytes((lint.ROOT / ".clang-tidy").read_bytes())
        (root / "base").mkdir()
        bad = root / "base/bad.cpp"
        bad.write_text("struct Size {\n  Size(int);\n};\nint Bad(int x) { return x; }\n",
                       encoding="utf-8")
        (root / "compile_commands.json").write_text(json.dumps(
            [{"directory": str(root), "file": str(bad), "command": f"c++ -std=c++20 -c {bad}"}]),
            encoding="utf-8")
        _, faults = check(root, root)
    found = sorted(re.findall(r"\[([a-z-]+)", "\n".join(faults)))
    expected = ["google-explicit-constructor", "readability-identifier-naming"]
    print("ok: a bad name and an implicit constructor" if found == expected else f"FAILED: {faults}")
    return 0 if found == expected else 1


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    count, faults = check(pathlib.Path(sys.argv[1]).resolve(), lint.ROOT)
    for fault in faults:
        print(fault)
    print(f"{count} files")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
