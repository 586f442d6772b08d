#!/usr/bin/env python3
"""Compares stamp's shell with the real dash, or with --shell bash its dialect with the real bash.

Scripts are those of this folder, or of ../bash (*.lines: one on each line; *.blocks: each after a
line `%%`) and generated ones (generate.py). Each runs in an empty folder, and again over an empty
tree by shell_driver; standard output and exit status must be equal, and standard error empty in
both or in neither. With bash, stamp may refuse those that were written for dash or generated. For the scripts of syntax_errors.lines and with --parse only `dash -n` is asked. Those of
refused.lines stop stamp with an error: what it does not know, and never guesses.

usage: compare.py DRIVER [--shell NAME] [--generated N] [--composed N]
                         [--seed S] [--parse] [--only SUBSTRING] [--show N]
"""

import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import generate

FOLDER = Path(__file__).resolve().parent
SKIPPED = 77
REFUSED = -1


def scripts_of_folder(folder):
    """Name and text of each script, in order."""
    for path in sorted(folder.glob("*.lines")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.strip() and not line.startswith("## "):
                yield f"{path.name}:{number}", line + "\n"
    for path in sorted(folder.glob("*.blocks")):
        name, lines = None, []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line == "%%":
                if name:
                    yield name, "".join(lines)
                name, lines = f"{path.name}:{number + 1}", []
            elif name:
                lines.append(line + "\n")
        if name:
            yield name, "".join(lines)


def run_stamp(driver, texts, mode):
    """Status, whether there were errors, and output of each script, in one process."""
    packed = b"".join(b"%d\n%s" % (len(text), text) for text in texts)
    done = subprocess.run([driver, *mode], input=packed, stdout=subprocess.PIPE, check=False)
    results, at = [], 0
    while at < len(done.stdout):
        end = done.stdout.index(b"\n", at)
        status, errors, length = map(int, done.stdout[at:end].split())
        results.append((status, errors, done.stdout[end + 1 : end + 1 + length]))
        at = end + 1 + length
    if done.returncode != 0 or len(results) != len(texts):
        raise SystemExit(f"shell_driver ended with {done.returncode} after {len(results)} scripts,"
                         f" in:\n{texts[len(results)].decode(errors='replace')}")
    return results


def run_real(scratch, shell, text, mode):
    """The same of the real shell, in an empty folder."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    try:
        (folder / "script").write_bytes(text)
        work = folder / "work"
        work.mkdir()
        try:
            done = subprocess.run([shell, *mode, "../script"], cwd=work, stdin=subprocess.DEVNULL,
                                  capture_output=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                                  timeout=10, check=False)
        except subprocess.TimeoutExpired:
            return (-2, 0, b"")
        return (done.returncode, int(bool(done.stderr)), done.stdout)
    finally:
        shutil.rmtree(folder)


def compare(driver, shell, scripts, parses=False, may_refuse=False):
    """The scripts on which the two differ, with both results."""
    texts = [text.encode() for _, text in scripts]
    ours = run_stamp(driver, texts, [shell, "parse"] if parses else [shell])
    # In the memory's own file system a folder for each script costs nothing.
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=shared) as scratch:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            mode = ["-n"] if parses else []
            theirs = list(pool.map(lambda text: run_real(scratch, shell, text, mode), texts))
    differing = []
    for (name, text), our, their in zip(scripts, ours, theirs):
        if parses:
            our, their = our[:1], their[:1]
        if may_refuse and (our[0] == REFUSED or our[::2] == their[::2]):
            continue
        if our != their:
            differing.append((name, text, our, their))
    return differing


def not_refused(driver, shell, scripts):
    """Those that stamp evaluates although it should not."""
    ours = run_stamp(driver, [text.encode() for _, text in scripts], [shell])
    return [(name, text, our, "not asked") for (name, text), our in zip(scripts, ours)
            if our[0] != REFUSED]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--shell", choices=["dash", "bash"], default="dash")
    parser.add_argument("--generated", type=int, default=0)
    parser.add_argument("--composed", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parse", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--show", type=int, default=20)
    options = parser.parse_args()
    if not shutil.which(options.shell):
        print(f"skipped: no {options.shell} here")
        return SKIPPED
    folder = FOLDER.parent / options.shell
    written = [each for each in scripts_of_folder(folder) if options.only in each[0]]
    read = [each for each in written if options.parse or each[0].startswith("syntax_errors")]
    run = [each for each in written if not each[0].startswith(("syntax_errors", "refused"))]
    refused = [each for each in written if each[0].startswith("refused")]
    made = list(generate.scripts(options.seed, options.generated))
    made += generate.compositions(options.seed, options.composed, run)
    differing = compare(options.driver, options.shell, read, True)
    is_bash = options.shell == "bash"
    if is_bash and not options.parse:
        made += [each for each in scripts_of_folder(FOLDER)
                 if not each[0].startswith("syntax_errors")]
    differing += compare(options.driver, options.shell, [] if options.parse else run)
    # What dash does is what bash does, or it is refused: stamp never guesses.
    differing += compare(options.driver, options.shell, [] if options.parse else made,
                         may_refuse=is_bash)
    differing += [] if options.parse else not_refused(options.driver, options.shell, refused)
    for name, text, our, their in differing[: options.show]:
        print(f"--- {name}\n{text}stamp {our}\nreal  {their}")
    print(f"{len(written)} scripts of the folder and {len(made)} generated ones:"
          f" {len(differing)} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
