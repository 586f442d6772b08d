#!/usr/bin/env python3
"""The man page names the commands and options that the program has, and no others.

usage: man_page.py STAMP PAGE | --self-test
"""

import os
import re
import subprocess
import sys

OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*|-[A-Za-z])(?![\w-])")
COMMAND = re.compile(r"^   (stamp(?: [a-z]+)+)", re.MULTILINE)


def page_text(page):
    """The page as a reader sees it, without hyphenation."""
    environment = {**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""}
    return subprocess.run(["man", "--no-hyphenation", "--no-justification", "--local-file", page],
                          check=True, capture_output=True, text=True, env=environment).stdout


def help_texts(stamp, words=()):
    """{command line: its help} of the program and all commands below `words`."""
    done = subprocess.run([stamp, *words, "--help"], check=True, capture_output=True, text=True)
    texts = {" ".join(("stamp", *words)): done.stdout}
    below = re.search(r"^Subcommands:\n((?:  .*\n?)+)", done.stdout, re.MULTILINE)
    for name in re.findall(r"^  ([a-z]+)\b", below.group(1), re.MULTILINE) if below else ():
        texts.update(help_texts(stamp, (*words, name)))
    return texts


def commands(helps):
    """The command lines that do something themselves: with words of their own, or without commands below them."""
    return {line for line, text in helps.items()
            if "\nPositionals:\n" in text or not any(other.startswith(line + " ") for other in helps)}


def check(page, helps):
    """What one of them has and the other has not."""
    in_page = set(OPTION.findall(page))
    in_program = set(OPTION.findall("\n".join(helps.values())))
    pages_commands = set(COMMAND.findall(page))
    for option in sorted(in_page - in_program):
        yield f"the man page has {option}, the program has not"
    for option in sorted(in_program - in_page):
        yield f"the program has {option}, the man page has not"
    for command in sorted(pages_commands ^ commands(helps)):
        where = "man page" if command in pages_commands else "program"
        yield f"only the {where} has `{command}`"


def self_test():
    helps = {"stamp": "  -h,--help  Explain\n  --gone\n", "stamp lock": "  --update [=NAME]\n",
             "stamp cache": "", "stamp cache stats": "", "stamp pin": "\nPositionals:\n  PATH\n", "stamp pin list": ""}
    page = "   stamp lock\n   stamp cache stats\n   stamp pin\n   stamp pin list\n   stamp melt\n -h, --help --update[=NAME] --new\n"
    found = list(check(page, helps))
    expected = ["the man page has --new, the program has not",
                "the program has --gone, the man page has not", "only the man page has `stamp melt`"]
    print("ok" if found == expected else f"FAILED: {found}")
    return 0 if found == expected else 1


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    faults = list(check(page_text(sys.argv[2]), help_texts(sys.argv[1])))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
