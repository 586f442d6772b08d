#!/usr/bin/env python3
"""Refuses skipped tests that have no allowed reason.

usage: check_skips.py JUNIT [ALLOWED]

JUNIT is what `ctest --output-junit` wrote; ALLOWED (tests/ci/allowed_skips.txt) holds one
`NAME-PATTERN: REASON` a line: a skipped test passes when its name matches the pattern (as file
names do in a shell) and its output holds the reason. Tests of GoogleTest run many in one test of
ctest; each that was skipped must have its reason, although ctest says that all passed.
"""

import fnmatch
import pathlib
import re
import sys
import xml.etree.ElementTree as ET


# FILE:LINE: Skipped, and on the next line why
GOOGLETEST_SKIP = re.compile(r"^\S+:\d+: Skipped\n.*", re.MULTILINE)


def read_allowed(path):
    """The (pattern, reason) pairs of the list; comments and empty lines left out."""
    allowed = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        pattern, colon, reason = line.partition(": ")
        if not colon or not reason.strip():
            raise SystemExit(f"{path}:{number}: not `NAME-PATTERN: REASON`: {line}")
        allowed.append((pattern.strip(), reason.strip()))
    return allowed


def skipped_tests(path):
    """Name and output of every test that was skipped or not run, as ctest or GoogleTest says."""
    for case in ET.parse(path).getroot().iter("testcase"):
        output = " ".join(part.text or "" for part in case.iter() if part.tag.startswith("system-"))
        if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            yield case.get("name", ""), output
            continue
        for said in GOOGLETEST_SKIP.findall(output):
            yield case.get("name", ""), said


def refused(junit, allowed):
    """One line for each skipped test without an allowed reason."""
    lines = []
    for name, output in skipped_tests(junit):
        if any(fnmatch.fnmatchcase(name, pattern) and reason in output
               for pattern, reason in allowed):
            continue
        said = [line.strip() for line in output.splitlines() if line.strip()]
        lines.append(f"{name}: skipped without an allowed reason: {' | '.join(said[-4:]) or '(silent)'}")
    return lines


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    here = pathlib.Path(__file__).resolve().parent
    allowed_path = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else here / "allowed_skips.txt"
    lines = refused(sys.argv[1], read_allowed(allowed_path))
    for line in lines:
        print(line)
    if lines:
        print(f"allowed reasons: {allowed_path.name}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
