#!/usr/bin/env python3
"""Includes go downwards only, own header first, third-party headers stay in their room."""

import re

import lint

TABLE = "cmake/StampLibrary.cmake"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# Start of a third-party header's name, and the rooms whose .cpp files may include it.
ROOM_OF = {
    "openssl/": {"base"},
    "fmt/": set(lint.ROOMS),
    "nlohmann/": set(lint.ROOMS),
    "libfyaml.h": {"base"},
    "archive.h": {"layer"},
    "archive_entry.h": {"layer"},
    "zstd": {"layer"},
    "zlib.h": {"layer"},
    "lzma.h": {"layer"},
    "bzlib.h": {"layer"},
    "sqlite3.h": {"cache"},
    "curl/": {"registry-client"},
    "rnp/": {"debian"},
    "apt-pkg/": {"debian"},
    "CLI/": {"cli"},
    "gtest/": set(),
    "gmock/": set(),
    "benchmark/": set(),
}
# Folders of a room in their order: each includes those before it only. Files beside them may include all of them.
FOLDERS = {"builder": ("plan", "store", "inputs", "image", "bases", "lock", "steps", "output", "sharing")}
# Third-party headers that public headers may include.
IN_PUBLIC_HEADERS = {"base": ("fmt/", "nlohmann/")}


def layers(root):
    return {name: int(number) for name, number in
            re.findall(r"^set\(STAMP_LAYER_(\S+) (\d+)\)", lint.text(root, TABLE), re.MULTILINE)}


def public_headers(root, room):
    """The headers of the room's stamp_library() call; what is not named there is private."""
    path = f"{room}/CMakeLists.txt"
    if not (root / path).exists():
        return set()
    call = re.search(r"stamp_library\(.*?\n?\)", lint.text(root, path), re.DOTALL)
    words = re.search(r"\bHEADERS\s+(.*?)(?:\b(?:SOURCES|USES|PRIVATE_LIBS)\b|\))",
                      call.group(0) if call else "", re.DOTALL)
    return {f"{room}/{name}" for name in words.group(1).split()} if words else set()


def third_party(name):
    return next((start for start in ROOM_OF if name.startswith(start)), None)


def check_stamp_include(where, room, name, table):
    """An include of one of stamp's own headers in a file of `room`."""
    if "/" not in name:
        return f'{where}: "{name}" is not named from the root ("{room}/{name}")'
    other = name.split("/")[0]
    if room in table and other in table and other != room and table[other] >= table[room]:
        return f"{where}: {room} may not use {other}: see docs/architecture.md"
    if room in table and other not in table:
        return f'{where}: {room} may not use "{name}"'
    return None


def check_folder(where, path, header):
    """An include from a folder of a room of one of the room's other folders."""
    order = FOLDERS.get(path.parts[0])
    parts = header.split("/")
    if order is None or len(path.parts) < 3:
        return None
    if path.parts[1] not in order:
        return f"{where}: {path.parts[1]} is not in the order of {path.parts[0]}'s folders"
    if parts[0] != path.parts[0] or len(parts) < 3:
        return None
    if parts[1] not in order or order.index(parts[1]) > order.index(path.parts[1]):
        return f"{where}: {path.parts[1]} may not use {parts[1]}: see docs/architecture.md"
    return None


def check_file(root, path, table, public):
    room, name = path.parts[0], path.as_posix()
    includes = []
    for number, line in enumerate(lint.text(root, path).splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            includes.append((number, match.group(1), match.group(2)))
    for number, form, header in includes:
        where = f"{name}:{number}"
        start = third_party(header)
        if start is not None:
            if room in table and room not in ROOM_OF[start]:
                yield f"{where}: <{header}> belongs to another room"
            elif name in public and start not in IN_PUBLIC_HEADERS.get(room, ()):
                yield f"{where}: <{header}> in a public header"
        elif form == '"':
            fault = check_stamp_include(where, room, header, table) or check_folder(where, path, header)
            if fault:
                yield fault
    own = path.with_suffix(".h")
    if path.suffix == ".cpp" and (root / own).exists() and room in table:
        if not includes or includes[0][2] != own.as_posix():
            yield f'{name}: the first include is not "{own.as_posix()}"'


def check(root):
    table = layers(root)
    if set(table) != set(lint.ROOMS):
        yield f"{TABLE}: its folders are not those of tests/lint/lint.py"
    public = set().union(*(public_headers(root, room) for room in table)) if table else set()
    for path in lint.sources(root):
        yield from check_file(root, path, table, public)


CMAKE = "".join(f"set(STAMP_LAYER_{room} {number})\n" for room, number in
                zip(lint.ROOMS, (0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4), strict=True))
PLANTED = [
    ("a clean tree",
     {TABLE: CMAKE, "oci/a.h": "#include <string>\n", "cli/CMakeLists.txt": "stamp_library(cli)",
      "oci/a.cpp": '#include "oci/a.h"\n\n#include <fmt/format.h>\n#include "base/error.h"\n'}, []),
    ("upward", {TABLE: CMAKE, "oci/a.cpp": '#include "builder/plan.h"\n'},
     ["oci/a.cpp:1: oci may not use builder: see docs/architecture.md"]),
    ("sideways", {TABLE: CMAKE, "oci/a.h": '\n#include "cache/cache.h"\n'},
     ["oci/a.h:2: oci may not use cache: see docs/architecture.md"]),
    ("own header second", {TABLE: CMAKE, "oci/a.h": "", "oci/a.cpp": '#include <string>\n#include "oci/a.h"\n'},
     ['oci/a.cpp: the first include is not "oci/a.h"']),
    ("third party out of its room", {TABLE: CMAKE, "builder/a.cpp": "#include <sqlite3.h>\n"},
     ["builder/a.cpp:1: <sqlite3.h> belongs to another room"]),
    ("third party in a public header",
     {TABLE: CMAKE, "layer/CMakeLists.txt": "stamp_library(layer\n  SOURCES a.cpp\n  HEADERS a.h)\n",
      "layer/a.h": "#include <zstd.h>\n", "layer/private.h": "#include <zstd.h>\n"},
     ["layer/a.h:1: <zstd.h> in a public header"]),
    ("json in a public header outside base",
     {TABLE: CMAKE, "oci/CMakeLists.txt": "stamp_library(oci HEADERS a.h USES base)",
      "oci/a.h": "#include <nlohmann/json.hpp>\n"},
     ["oci/a.h:1: <nlohmann/json.hpp> in a public header"]),
    ("not from the root", {TABLE: CMAKE, "oci/b.cpp": '#include "a.h"\n'},
     ['oci/b.cpp:1: "a.h" is not named from the root ("oci/a.h")']),
    ("tests in a room", {TABLE: CMAKE, "oci/b.cpp": '#include "tests/fakes/fake.h"\n'},
     ['oci/b.cpp:1: oci may not use "tests/fakes/fake.h"']),
    ("upward in a room",
     {TABLE: CMAKE, "builder/plan/a.cpp": '#include "builder/progress.h"\n#include "builder/lock/l.h"\n',
      "builder/lock/l.h": '#include "builder/plan/p.h"\n'},
     ["builder/plan/a.cpp:2: plan may not use lock: see docs/architecture.md"]),
    ("a folder without a place", {TABLE: CMAKE, "builder/new/a.cpp": '#include "base/error.h"\n'},
     ["builder/new/a.cpp:1: new is not in the order of builder's folders"]),
    ("another layer table", {TABLE: "set(STAMP_LAYER_base 0)\n"},
     [f"{TABLE}: its folders are not those of tests/lint/lint.py"]),
]

if __name__ == "__main__":
    lint.main(check, PLANTED)
