#!/usr/bin/env python3
"""Tests of check_skips.py: what it lets pass and what it refuses."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent / "check_skips.py"
JUNIT = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="Linux-c++" tests="3" failures="0" disabled="0" skipped="2">
  <testcase name="base.Digest.Parses" status="run"><system-out>fine</system-out></testcase>
  <testcase name="real.podman" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
    <system-out>skip: no user namespaces here
</system-out></testcase>
  <testcase name="debian.Closure" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
    <system-out>closure_test.cpp:12: Skipped
no package archive within reach</system-out></testcase>
</testsuite>
"""
# Two tests of one program were skipped, which ctest does not know.
WITHIN = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="Linux-c++" tests="1" failures="0" disabled="0" skipped="0">
  <testcase name="cache.unit" status="run"><system-out>Running main()
../tests/cache/cache_test.cpp:269: Skipped
root may write everywhere
../tests/cache/cache_test.cpp:300: Skipped
no disk
[  PASSED  ] 5 tests.
[  SKIPPED ] 2 tests.
</system-out></testcase>
</testsuite>
"""


class CheckSkips(unittest.TestCase):
    def run_check(self, allowed, results=JUNIT):
        with tempfile.TemporaryDirectory() as folder:
            junit = pathlib.Path(folder, "junit.xml")
            junit.write_text(results, encoding="utf-8")
            reasons = pathlib.Path(folder, "allowed.txt")
            reasons.write_text(allowed, encoding="utf-8")
            return subprocess.run([sys.executable, CHECK, junit, reasons], check=False,
                                  capture_output=True, text=True)

    def test_allowed_reasons_pass_in_silence(self):
        done = self.run_check("# why\nreal.*: no user namespaces here\n"
                              "debian.*: no package archive within reach\n")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_another_reason_is_refused_with_what_the_test_said(self):
        done = self.run_check("real.*: no podman\ndebian.*: no package archive within reach\n")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout,
                         "real.podman: skipped without an allowed reason: "
                         "skip: no user namespaces here\nallowed reasons: allowed.txt\n")

    def test_each_test_of_one_program_needs_a_reason(self):
        done = self.run_check("cache.*: root may write everywhere\n", WITHIN)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout,
                         "cache.unit: skipped without an allowed reason: "
                         "../tests/cache/cache_test.cpp:300: Skipped | no disk\n"
                         "allowed reasons: allowed.txt\n")
        done = self.run_check("cache.*: root may write everywhere\ncache.*: no disk\n", WITHIN)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_a_line_without_a_reason_is_refused(self):
        done = self.run_check("real.*\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("allowed.txt:1: not `NAME-PATTERN: REASON`: real.*", done.stderr)


if __name__ == "__main__":
    unittest.main()
