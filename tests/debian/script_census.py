#!/usr/bin/env python3
"""Counts how many maintainer scripts use each construct of the shell and each command.

usage: script_census.py LOCK DEBS      DEBS: a folder below which the lock's packages lie

Of every locked package of linux/amd64 the preinst and the postinst are read. A construct or command
counts once per script. Words are told apart by patterns, not by a parser: good enough for a table
that says what an evaluator has to know, and independent of the evaluator that it is about.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys

CONSTRUCTS = {
    "set -e": r"set -e|\A#!.*-e",
    "if": r"\bif\b",
    "&& and ||": r"&&|\|\|",
    "redirection": r"[^<]>[^&]|<[^<]",
    "command substitution": r"\$\(|`",
    "case": r"\bcase\b",
    "pipeline": r"[^|]\|[^|]",
    "function": r"^\s*\w+\s*\(\)",
    "for": r"\bfor\b",
    "operator in a parameter expansion": r"\$\{\w+[:#%/+=-]",
    "local": r"\blocal\b",
    "here-document": "<<",
    "subshell": r"^\s*\(",
    "while and until": r"\b(while|until)\b",
    "arithmetic": r"\$\(\(",
    "trap": r"\btrap\b",
}
KEYWORDS = set("if then else fi do done case esac for while in elif until".split())
COMMAND = re.compile(
    r"(?:^|[;&|(`{!]|\bthen\b|\bdo\b|\belse\b|\bif\b|\belif\b|\bwhile\b|\buntil\b)\s*(?:!\s*)?"
    r"(?:[A-Z_]+=\S*\s+)*([a-z][a-z0-9_.+-]*)(?=\s|;|$|\))", re.M)


def scripts_of(deb):
    """The texts of a package's scripts that run on a fresh install, without comments."""
    for name in ("preinst", "postinst"):
        done = subprocess.run(["dpkg-deb", "--info", deb, name], capture_output=True, check=False)
        if done.returncode != 0:
            continue  # it has none
        lines = done.stdout.decode(errors="replace").splitlines()
        kept = [line for number, line in enumerate(lines)
                if number == 0 or not re.match(r"\s*#", line)]
        yield "\n".join(kept).replace("\\\n", " ")


def print_counts(title, counts):
    print(title + ": " + ", ".join(f"{name} {count}" for name, count in
                                   sorted(counts.items(), key=lambda item: (-item[1], item[0]))))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    lock = json.loads(pathlib.Path(sys.argv[1]).read_text())
    debs = {path.name: path for path in pathlib.Path(sys.argv[2]).rglob("*.deb")}
    number, constructs, commands = 0, collections.Counter(), collections.Counter()
    for package in lock["platforms"]["linux/amd64"]["packages"]:
        name = pathlib.Path(package["path"]).name
        if name not in debs:
            sys.exit(f"{name} is not below {sys.argv[2]}")
        for text in scripts_of(debs[name]):
            number += 1
            constructs.update(construct for construct, pattern in CONSTRUCTS.items()
                              if re.search(pattern, text, re.M))
            commands.update(set(COMMAND.findall(text)) - KEYWORDS)
    print(f"{number} scripts")
    print_counts("constructs", constructs)
    print_counts("commands", commands)


if __name__ == "__main__":
    main()
