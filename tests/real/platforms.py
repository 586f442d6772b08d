#!/usr/bin/env python3
"""What scripts made for arm64 is what they made for amd64, but for the architecture's name.

Compared of each image: the paths that no package ships, with type, mode, owner, link and content.

usage: platforms.py FOLDER (that of prepare.py, with layouts in FOLDER/out)
"""

import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tarfile

SKIP = 77
DATABASE = re.compile(r"var/lib/dpkg/(?!alternatives/|diversions$|statoverride$).*")
# The dynamic linker's cache holds architectures in its format; what it lists is compared by others.
BINARY = {"etc/ld.so.cache"}
# Where /usr is merged, amd64 has one folder more; folders of documentation that was left out are
# those of packages that one architecture alone has.
OTHERS = re.compile(r"(usr/)?lib64|usr/share/doc/.*")
NAMES = [(re.compile(pattern), name) for pattern, name in (
    (rb"x86_64-linux-gnu|aarch64-linux-gnu", b"TRIPLET"),
    (rb"\bamd64\b|\barm64\b", b"ARCHITECTURE"))]


def normal(text):
    for pattern, name in NAMES:
        text = pattern.sub(name, text)
    return text


def document(layout, descriptor):
    return json.loads((layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes())


def members(layout, manifest):
    """All members of the first layer, with their contents."""
    layer = manifest["layers"][0]
    blob = layout / "blobs" / layer["digest"].replace(":", "/")
    with subprocess.Popen(["zstd", "-dcq", blob], stdout=subprocess.PIPE) as process:
        with tarfile.open(fileobj=process.stdout, mode="r|", bufsize=1 << 18) as tar:
            for member in tar:
                text = tar.extractfile(member).read() if member.isreg() else b""
                yield member.name.strip("/").removeprefix("./"), member, text
    if process.returncode != 0:
        raise SystemExit(f"{blob}: zstd exits {process.returncode}")


def made(layout, manifest):
    """{path: facts} of what no package ships."""
    shipped, found = set(), {}
    for path, member, text in members(layout, manifest):
        if path.startswith("var/lib/dpkg/info/") and path.endswith(".list"):
            shipped.update(line.strip("/") for line in text.decode().splitlines())
        path = normal(path.encode()).decode()
        facts = (member.type, member.mode, member.uid, member.gid,
                 normal(member.linkname.encode()).decode())
        content = "" if path in BINARY else hashlib.sha256(normal(text)).hexdigest()
        found[path] = (*facts, content)
    # In a merged /usr, what a package ships below /bin lies below /usr/bin.
    links = {path: facts[4] for path, facts in found.items() if facts[0] == tarfile.SYMTYPE}
    for path in list(shipped):
        first, slash, rest = path.partition("/")
        if first in links and slash:
            shipped.add(f"{links[first]}/{rest}")
    shipped = {normal(path.encode()).decode() for path in shipped}
    return {path: facts for path, facts in found.items()
            if path not in shipped and not OTHERS.fullmatch(path) and not DATABASE.fullmatch(path)}


def main():
    folder = pathlib.Path(sys.argv[1])
    if not (folder / "recipes").is_dir():
        print("skipped: no package archive within reach")
        return SKIP
    differences = images = paths = 0
    for lock in sorted(folder.glob("recipes/*/stamp.lock")):
        layout = folder / "out" / lock.parent.name
        index = document(layout, json.loads((layout / "index.json").read_bytes())["manifests"][0])
        trees = {manifest["platform"]["architecture"]: made(layout, document(layout, manifest))
                 for manifest in index["manifests"]}
        one, other = trees["amd64"], trees["arm64"]
        lines = [f"    /{path}: {one.get(path)} on amd64, {other.get(path)} on arm64"
                 for path in sorted(one.keys() | other.keys()) if one.get(path) != other.get(path)]
        images, paths, differences = images + 1, paths + len(one), differences + len(lines)
        print(f"{lock.parent.name}: {len(one)} paths made, {len(lines)} differences")
        print("\n".join(lines), end="\n" if lines else "")
    print(f"{images} images, {paths} paths, {differences} differences")
    return 1 if differences or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
