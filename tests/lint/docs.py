#!/usr/bin/env python3
"""What the documents name exists: paths in backticks, targets of links. No links to line numbers. README's table of
folders has all of them."""

import pathlib
import re

import lint

TOP = set(lint.ROOMS) | {"tests", "docs", "cmake", "scripts", "recipes", "bench", "terraform", "renovate", ".ci"}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"^\.?[A-Za-z0-9_-][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_.+-]+)*/?$")


def missing_link(root, path, target):
    if re.match(r"^[a-z]+:", target) or target.startswith("#"):
        return False
    return not (root / path.parent / target.partition("#")[0]).exists()


def missing_path(root, word):
    """A word in backticks that reads like a path of the project, and is none."""
    if not PATH.match(word) or "/" not in word or word.split("/")[0] not in TOP:
        return False
    return not (root / word).exists()


def unnamed_folders(root):
    """The top-level folders that README's table does not have."""
    _, heading, table = lint.text(root, pathlib.Path("README.md")).partition("\n## The folders\n")
    if not heading:
        return
    named = set(CODE.findall(table))
    for folder in sorted({path.parts[0] for path in lint.files(root) if len(path.parts) > 1}):
        if not folder.startswith(".") and folder not in named:
            yield f"README.md: the folders lack: {folder}"


def check(root):
    if (root / "README.md").exists():
        yield from unnamed_folders(root)
    for path in lint.files(root):
        if path.suffix != ".md":
            continue
        fenced = False
        for number, line in enumerate(lint.text(root, path).splitlines(), 1):
            where = f"{path.as_posix()}:{number}"
            if line.lstrip().startswith("```"):
                fenced = not fenced
            if fenced:
                continue
            for target in LINK.findall(line):
                if re.search(r"#L\d+", target):
                    yield f"{where}: link to a line number: {target}"
                elif missing_link(root, path, target):
                    yield f"{where}: link to what is not there: {target}"
            for word in CODE.findall(line):
                if re.match(r"^[\w./-]+\.(?:h|cpp|py|sh|cmake):\d+$", word):
                    yield f"{where}: names a line number: {word}"
                elif missing_path(root, word):
                    yield f"{where}: names what is not there: {word}"


PLANTED = [
    ("a clean tree", {"README.md": "`oci/a.h`, [a](docs/a.md#part), `linux/amd64`, `oci:DIR`\n```\n`oci/no.h`\n```\n",
                      "oci/a.h": "", "docs/a.md": "[up](../README.md) [web](https://example.org/x)\n"}, []),
    ("a missing path", {"README.md": "\n`oci/a.h`\n"}, ["README.md:2: names what is not there: oci/a.h"]),
    ("a missing link", {"docs/a.md": "[x](b.md)\n"}, ["docs/a.md:1: link to what is not there: b.md"]),
    ("line numbers", {"docs/a.md": "[x](../oci/a.h#L12) `oci/a.h:12`\n", "oci/a.h": ""},
     ["docs/a.md:1: link to a line number: ../oci/a.h#L12", "docs/a.md:1: names a line number: oci/a.h:12"]),
    ("a folder without a row", {"README.md": "# a\n\n## The folders\n\n| `oci` |\n", "oci/a.h": "", "pin/a.h": "", ".ci/a": ""},
     ["README.md: the folders lack: pin"]),
]

if __name__ == "__main__":
    lint.main(check, PLANTED)
