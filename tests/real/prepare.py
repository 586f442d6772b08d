#!/usr/bin/env python3
"""Fetches the packages that the locks of recipes/ name into a local mirror, for the real tests.

usage: prepare.py STAMP RECIPES FOLDER

Leaves FOLDER/mirror (one tree for each archive), FOLDER/config/stamp/config.yaml (settings that
name the mirror first) and FOLDER/recipes, the workspace that the other tests build. That is a copy
of RECIPES with its locks; when the archives no longer have a locked package, with fresh locks,
and FOLDER/gone says which package is missing.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

SKIP = 77
APT = pathlib.Path("/etc/apt")


class Gone(Exception):
    """A package that no place has."""


class Unreachable(Exception):
    """No place answered."""


def apt_uris():
    """The addresses that apt's sources name on this machine."""
    for path in (APT / "sources.list", *sorted(APT.glob("sources.list.d/*"))):
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            if re.match(r"\s*(?:deb\s|URIs:)", line):
                yield from (uri.rstrip("/") for uri in re.findall(r"https?://\S+", line))


def places(archive, snapshot):
    """Where files of an archive may be had, nearest first."""
    last_word = archive.rstrip("/").rpartition("/")[2]
    found = [uri for uri in apt_uris() if uri.rpartition("/")[2] == last_word]
    return [*dict.fromkeys(found), f"{archive}/{snapshot}"]


def wanted(recipes):
    """{path below the mirror: (what, sha256, places)} of all packages of all locks."""
    files = {}
    for path in sorted(recipes.glob("*/stamp.lock")):
        lock = json.loads(path.read_text(encoding="utf-8"))
        releases = {(r["source"], r["suite"]): r for r in lock["releases"]}
        for platform in lock["platforms"].values():
            for package in platform["packages"]:
                release = releases[package["source"], package["suite"]]
                archive = release["archive"].rpartition("/")[2]
                what = f"{package['name']} {package['version']} ({package['architecture']})"
                files[f"{archive}/{package['path']}"] = (
                    what, package["digest"].removeprefix("sha256:"),
                    [f"{place}/{package['path']}"
                     for place in places(release["archive"], release["snapshot"])])
    return files


def fetch(target, what, sha256, urls):
    """Puts one file in place unless it is there; raises Gone or Unreachable."""
    if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == sha256:
        return
    answered = False
    for url in urls * 3:  # a busy mirror may need to be asked again
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                content = answer.read()
        except urllib.error.HTTPError:
            answered = True
            continue
        except OSError:
            continue
        answered = True
        if hashlib.sha256(content).hexdigest() == sha256:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(target.name + ".part")
            partial.write_bytes(content)
            partial.rename(target)
            return
    raise (Gone if answered else Unreachable)(what)


def fetch_all(recipes, mirror):
    """Fetches what the locks name; returns how many files."""
    files = wanted(recipes)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        tasks = [pool.submit(fetch, mirror / path, *rest) for path, rest in files.items()]
        for task in tasks:
            task.result()
    return len(files)


def write_settings(folder):
    settings = folder / "config/stamp/config.yaml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    lines = ["mirrors:"]
    for archive in ("debian", "debian-security"):
        lines.append(f"  https://snapshot.debian.org/archive/{archive}: "
                     f"[file://{folder}/mirror/{archive}, host-apt]")
    settings.write_text("\n".join(lines) + "\n", encoding="utf-8")


def copy_recipes(recipes, target):
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(recipes, target, ignore=shutil.ignore_patterns("__pycache__"))


def main():
    stamp, recipes, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    folder = folder.resolve()
    workspace, gone = folder / "recipes", folder / "gone"
    shutil.rmtree(workspace, ignore_errors=True)
    gone.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    write_settings(folder)
    try:
        if not any(recipes.glob("*/stamp.lock")):
            raise Gone("recipes/*/stamp.lock")
        count = fetch_all(recipes, folder / "mirror")
        copy_recipes(recipes, workspace)
    except Gone as missing:
        gone.write_text(f"{missing}\n", encoding="utf-8")
        print(f"the archives no longer have {missing}; taking fresh locks")
        copy_recipes(recipes, folder / "fresh")
        environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config"),
                       "XDG_CACHE_HOME": str(folder / "lock-cache")}
        subprocess.run([stamp, "-C", folder / "fresh", "lock", "--update"], check=True,
                       env=environment, stdin=subprocess.DEVNULL)
        count = fetch_all(folder / "fresh", folder / "mirror")
        (folder / "fresh").rename(workspace)
    except Unreachable as missing:
        print(f"skip: no package archive within reach ({missing})")
        return SKIP
    print(f"{count} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
