#!/usr/bin/env python3
"""Where bytes and keys are made, nothing is called whose result is not a matter of the inputs."""

import re

import lint

ROOMS = ("oci", "layer", "builder")
BANNED = {
    r"\bunordered_(?:map|set|multimap|multiset)\b": "unordered containers have no order of their own",
    r"::now\s*\(": "the clock",
    r"\b(?:time|gettimeofday|clock_gettime|localtime(?:_r)?|gmtime)\s*\(": "the clock",
    r"\bstd::locale\b|\bsetlocale\b": "the locale",
    r"\b(?:recursive_)?directory_iterator\b|\breaddir\b": "folders are read in no order",
    r"\b(?:double|float)\b": "floating point",
    r"\b(?:rand|random_device|mt19937\w*|getrandom)\b": "chance",
    r"\b(?:secure_)?getenv\b": "the environment",
    r"\bstd::hash\b": "hashes differ between libraries",
    r"\bget_id\s*\(|\bgetpid\s*\(|\bgettid\s*\(": "thread and process ids",
    r"\bhardware_concurrency\b": "the number of processors",
}
# What a file may use all the same, and why no output byte depends on it.
ALLOWED = {
    # Asks whether all names of a folder are known ones.
    "oci/layout.cpp": {"folders are read in no order"},
    # Sorts all paths of a tree by bytes before anybody sees them.
    "builder/plan/source_files.cpp": {"folders are read in no order"},
}


def check(root):
    for path in lint.sources(root, ROOMS):
        allowed = ALLOWED.get(path.as_posix(), {})
        for number, line in lint.code_lines(root, path):
            for pattern, why in BANNED.items():
                match = re.search(pattern, line)
                if match and why not in allowed:
                    yield f"{path.as_posix()}:{number}: `{match.group(0).strip('(')}`: {why}"
    for name in ALLOWED:
        if root == lint.ROOT and not (root / name).exists():
            yield f"{name}: allowed in tests/lint/determinism.py, and not there"


PLANTED = [
    ("a clean tree", {"oci/a.cpp": '// std::unordered_map\nauto a = "double";\n',
                      "cache/a.cpp": "std::unordered_map<int, int> m;\n"}, []),
    ("unordered_map", {"layer/a.cpp": "\nstd::unordered_map<int, int> m;\n"},
     ["layer/a.cpp:2: `unordered_map`: unordered containers have no order of their own"]),
    ("the clock", {"builder/a.cpp": "auto t = std::chrono::system_clock::now();\n"},
     ["builder/a.cpp:1: `::now`: the clock"]),
    ("time()", {"oci/a.h": "auto t = time(nullptr);\n"}, ["oci/a.h:1: `time`: the clock"]),
    ("folders", {"layer/a.cpp": "for (auto& e : std::filesystem::directory_iterator(p)) {\n"},
     ["layer/a.cpp:1: `directory_iterator`: folders are read in no order"]),
    ("floating point", {"layer/a.cpp": "double x = 1;\n"}, ["layer/a.cpp:1: `double`: floating point"]),
    ("environment", {"builder/a.cpp": 'auto v = std::getenv("X");\n'},
     ["builder/a.cpp:1: `getenv`: the environment"]),
]

if __name__ == "__main__":
    lint.main(check, PLANTED)
