#!/usr/bin/env python3
"""Compares an image whose packages stamp put on a base with the tree of a tar that mmdebstrap made
of the same packages, by running their scripts: as the judge of tests/debian/configured.py does.

usage: on_base_compare.py TAR LAYOUT
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "debian"))
import configured  # pylint: disable=wrong-import-position


def main():
    entries, texts = {}, {}
    with open(sys.argv[1], "rb") as stream:
        configured.read_tar(stream, entries, texts)
    found = configured.stamp_tree(pathlib.Path(sys.argv[2]), "linux/amd64")
    _, lines = configured.compare(configured.Tree(entries, texts), found)
    print(f"{len(found.entries)} paths, {len(lines)} differences")
    for line in lines:
        print(f"    {line}")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
