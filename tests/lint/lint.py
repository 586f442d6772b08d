"""What the lints share: the files of the tree, and the self-test with planted faults.

A lint is a function `check(root)` that yields one line of text for each fault in the tree at
`root`. Its file ends in `lint.main(check, planted)`, where `planted` holds small trees with one
fault each and the line that must be found. Run without arguments a lint reads the project; with
`--self-test`, the planted trees.
"""

import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = ("base", "oci", "layer", "cache", "registry-client", "debian", "maintainer-scripts", "workspace",
         "builder", "pin", "cli")
_NOT_SOURCE = {".git", "__pycache__", ".cache", ".ccache"}
_NOT_SOURCE_AT_TOP = {"build", "out"}


def files(root):
    """Every file of the tree as a path relative to `root`, sorted; what builds leave is left out."""
    found = []
    for folder, folders, names in os.walk(root):
        here = pathlib.Path(folder).relative_to(root)
        folders[:] = sorted(name for name in folders if name not in _NOT_SOURCE and not (
            here == pathlib.Path(".") and name in _NOT_SOURCE_AT_TOP))
        # in a linked worktree `.git` is a file
        found += [here / name for name in names if name != ".git"]
    return sorted(path for path in found if not (root / path).is_symlink())


def sources(root, folders=ROOMS + ("tests", "bench")):
    """The C++ files of the given top-level folders."""
    return [path for path in files(root)
            if path.suffix in (".h", ".cpp") and path.parts[0] in folders]


def text(root, path):
    """The text of a file; bytes that are not UTF-8 become question marks."""
    return (root / path).read_bytes().decode("utf-8", errors="replace")


def code_lines(root, path):
    """(number, line) of a C++ file with comments and the contents of literals blanked."""
    state = "code"
    for number, line in enumerate(text(root, path).splitlines(), 1):
        kept, state = _blank(line, state)
        yield number, kept


def _blank(line, state):
    kept, i = [], 0
    while i < len(line):
        two = line[i:i + 2]
        if state == "comment":
            if two == "*/":
                state, i = "code", i + 2
            else:
                i += 1
        elif state.startswith("raw"):
            end = ")" + state[3:] + '"'
            if line.startswith(end, i):
                kept.append('"')
                state, i = "code", i + len(end)
            else:
                i += 1
        elif two == "//":
            break
        elif two == "/*":
            state, i = "comment", i + 2
        elif two == 'R"':
            mark = line[i + 2:].partition("(")[0]
            kept.append('"')
            state, i = "raw" + mark, i + 3 + len(mark)
        elif line[i] == '"' or (line[i] == "'" and not (i and line[i - 1].isalnum())):
            quote, i = line[i], i + 1
            while i < len(line) and line[i] != quote:
                i += 2 if line[i] == "\\" else 1
            kept.append(quote * 2)
            i += 1
        else:
            kept.append(line[i])
            i += 1
    return "".join(kept), state


def main(check, planted):
    """Runs the lint or its self-test and ends the program: 0 nothing found, 1 faults."""
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(_self_test(check, planted))
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    faults = list(check(root))
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


def _self_test(check, planted):
    """`planted`: tuples of what is planted, {path: text} of the tree, the lines to be found."""
    failed = 0
    for what, tree, expected in planted:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            for name, content in tree.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
            found = list(check(root))
        if found == expected:
            print(f"ok: {what}")
        else:
            failed += 1
            print(f"FAILED: {what}\n  expected: {expected}\n  found:    {found}")
    if not any(expected for _, _, expected in planted):
        failed += 1
        print("FAILED: no planted fault")
    return 1 if failed else 0
