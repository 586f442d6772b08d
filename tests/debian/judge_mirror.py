"""The mirrors of this machine's own apt configuration, for the judge: indexes and packages."""

import hashlib
import http.client
import lzma
import pathlib
import re
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

CONFIGURATION = pathlib.Path("/etc/apt")


class Unreachable(Exception):
    """No mirror gave what was asked for."""


def _addresses():
    """Every address of binary packages that apt's sources name."""
    for file in sorted([CONFIGURATION / "sources.list", *CONFIGURATION.glob("sources.list.d/*")]):
        if file.suffix == ".sources":
            for stanza in re.split(r"\n\s*\n", _text(file)):
                if not re.search(r"(?mi)^enabled:\s*(no|false|0)\s*$", stanza):
                    for line in re.findall(r"(?mi)^uris:(.*)$", stanza):
                        yield from line.split()
        elif file.suffix == ".list" or file.name == "sources.list":
            yield from re.findall(r"(?m)^deb\s+(?:\[[^\]]*\]\s+)?(\S+)", _text(file))


def _text(file):
    """The text of a configuration file without comments."""
    if not file.is_file():
        return ""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def places(archive):
    """The addresses to try for an archive ("https://…/archive/debian") of a recipe's source."""
    name = archive.rstrip("/").rpartition("/")[2]
    found = [address.rstrip("/") for address in _addresses()]
    return list(dict.fromkeys(place for place in found if place.endswith("/" + name)))


def fetch(archive, path):
    """The bytes of a file of an archive, from the first mirror that has it."""
    said = "apt's sources name no mirror of it"
    for place in places(archive):
        for _ in range(3):
            try:
                with urllib.request.urlopen(f"{place}/{path}", timeout=60) as answer:
                    return answer.read()
            except urllib.error.HTTPError as error:
                said = str(error)
                break
            except (OSError, http.client.HTTPException) as error:
                said = str(error)
    raise Unreachable(f"cannot fetch '{path}' of '{archive}': {said}")


def package_names(archive, suite, architecture, largest, sections=()):
    """The names of a suite's packages of at most `largest` bytes, sorted; of these sections alone."""
    text = lzma.decompress(fetch(archive, f"dists/{suite}/main/binary-{architecture}/Packages.xz"))
    names = set()
    for stanza in text.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines()
                      if line.startswith(("Package: ", "Size: ", "Section: ")))
        if fields and int(fields["Size"]) <= largest and (
                not sections or fields.get("Section") in sections):
            names.add(fields["Package"])
    return sorted(names)


def fetch_packages(packages, archives, folder):
    """Puts locked packages below `folder` as a mirror has them; gives the bytes they have together.

    What is there already is not fetched again. `archives`: by the name of the source.
    """
    def one(package):
        file = folder / package["source"] / package["path"]
        if file.is_file() and file.stat().st_size == package["size"]:
            return package["size"]
        content = fetch(archives[package["source"]], package["path"])
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        if digest != package["digest"]:
            raise SystemExit(f"judge: '{package['path']}' is not what the lock says")
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(file.name + ".part")
        part.write_bytes(content)
        part.rename(file)
        return package["size"]
    unique = {package["digest"]: package for package in packages}
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(one, unique.values()))


def main():
    """Tells a script whether a mirror can be reached: exits 77 with the reason when not."""
    try:
        fetch("https://snapshot.debian.org/archive/debian", "dists/bookworm/InRelease")
    except Unreachable as unreachable:
        print(f"skipped: {unreachable}")
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main())
