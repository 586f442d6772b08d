#!/usr/bin/env python3
"""Builds the recipes under many variations of what must not matter, and compares digests.

usage: repro.py STAMP REAL-FOLDER      (the folder that tests/real/prepare.py filled)

Each build starts from a copy of the workspace and, unless the variation says otherwise, an empty
cache; the packages come from the local mirror. Every image must have the digest of its lock.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import typing

SKIP = 77
RECIPES = ("debug", "grafana-backup")
LEAST_PAIRS = 40


@dataclasses.dataclass(frozen=True)
class Variation:
    """One way to build differently."""

    name: str
    environment: dict = dataclasses.field(default_factory=dict)
    before: tuple = ()  # words in front of the command
    umask: int = 0o022
    prepare: typing.Callable | None = None  # called with the Bench before the build
    from_elsewhere: bool = False  # not in the workspace's folder, with -C
    times: int = 1  # builds at the same time, on one cache
    needs_root: bool = False
    probe: tuple = ()  # a command that fails where the variation is not possible


@dataclasses.dataclass(frozen=True)
class Place:
    """What all builds use, where any user can read it."""

    folder: pathlib.Path

    @property
    def stamp(self):
        return self.folder / "stamp"

    @property
    def recipes(self):
        return self.folder / "recipes"

    @property
    def settings(self):
        return self.folder / "config/stamp/config.yaml"


@dataclasses.dataclass(frozen=True)
class Bench:
    """The folders of one build."""

    top: pathlib.Path
    place: Place

    @property
    def workspace(self):
        return self.top / "workspace"

    @property
    def cache(self):
        return self.top / "cache"


def copy_reversed(bench):
    """The workspace's files made in the opposite order, with other times and modes."""
    shutil.rmtree(bench.workspace)
    paths = sorted(bench.place.recipes.rglob("*"), reverse=True)
    for number, path in enumerate(path for path in paths if path.is_file()):
        target = bench.workspace / path.relative_to(bench.place.recipes)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        target.chmod(0o700 if os.access(path, os.X_OK) else 0o600)
        os.utime(target, (number * 86400, number * 86400))


def long_path(bench):
    """The workspace and cache below a long path with spaces and letters beyond ASCII."""
    deep = bench.top / "ein Ordner mit Ümläuten und 空白" / ("x" * 200) / ("y" * 200)
    deep.mkdir(parents=True)
    shutil.move(bench.workspace, deep / "workspace")
    bench.workspace.symlink_to(deep / "workspace", target_is_directory=True)
    (deep / "cache").mkdir()


def warm_other_platform(bench):
    """A cache that has seen one of the platforms only."""
    stamp_build(bench, Variation("half"), ["--platform", "linux/arm64"])


def warm(bench):
    """A cache that has seen all of it."""
    stamp_build(bench, Variation("warm"), [])


def without_index(bench):
    """A cache whose index was deleted."""
    warm(bench)
    for path in bench.cache.glob("index-*"):
        path.unlink()


def half_empty(bench):
    """A cache that lost every second blob."""
    warm(bench)
    for path in sorted(bench.cache.glob("blobs/sha256/*/*"))[::2]:
        path.unlink()


USER = ("setpriv", "--reuid=12345", "--regid=12345", "--clear-groups")
TMPFS = ("unshare", "--mount", "bash", "-euc",
         'mount -t tmpfs -o mode=0755 none "$0/cache"; cp -r "$0/workspace" "$0/tmpfs"; mount -t tmpfs none '
         '"$0/workspace"; cp -r "$0/tmpfs/." "$0/workspace"; cd "$0/workspace"; exec "$@"', "{top}")
EXT4 = ("unshare", "--mount", "bash", "-euc",
        'truncate -s 2G "$0/disk"; mkfs.ext4 -q -E hash_seed=00000000-0000-0000-0000-000000000001 '
        '"$0/disk"; mount -o loop "$0/disk" "$0/cache"; exec "$@"', "{top}")
HOST = ("unshare", "--uts", "bash", "-euc", 'hostname elsewhere.example; exec "$@"', "x")

VARIATIONS = (
    Variation("as it is"),
    Variation("ordinary user", before=USER, needs_root=True),
    Variation("ordinary user, umask 077", before=USER, umask=0o077, needs_root=True),
    Variation("umask 077", umask=0o077),
    Variation("umask 000", umask=0),
    Variation("TZ=Pacific/Kiritimati", {"TZ": "Pacific/Kiritimati"}),
    Variation("TZ=America/St_Johns", {"TZ": "America/St_Johns"}),
    Variation("LANG=tr_TR.UTF-8", {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"}),
    Variation("LANG=C", {"LANG": "C", "LC_ALL": "C"}),
    Variation("another folder", from_elsewhere=True),
    Variation("a long path", prepare=long_path),
    Variation("another host name", before=HOST, probe=HOST + ("true",)),
    Variation("files made in another order", prepare=copy_reversed),
    Variation("one processor", before=("taskset", "--cpu-list", "0")),
    Variation("two processors", before=("taskset", "--cpu-list", "0,1"),
              probe=("taskset", "--cpu-list", "1", "true")),
    Variation("warm cache", prepare=warm),
    Variation("cache of the other platform", prepare=warm_other_platform),
    Variation("cache without an index", prepare=without_index),
    Variation("cache that lost blobs", prepare=half_empty),
    Variation("two builds at once", times=2),
    Variation("tmpfs", before=TMPFS, needs_root=True, probe=("unshare", "--mount", "true")),
    Variation("a new ext4", before=EXT4, needs_root=True, probe=EXT4[:-2] + (
        'truncate -s 16M "$0/disk"; mkfs.ext4 -q "$0/disk"; mount -o loop "$0/disk" "$0/cache"',
        "{top}")),
    Variation("another clock", before=("faketime", "2031-05-06 07:08:09"),
              probe=("faketime", "2031-05-06 07:08:09", "true")),
    Variation("a full environment", {f"VARIABLE_{i}": "x" * i for i in range(500)}),
    Variation("few open files", before=("bash", "-euc", 'ulimit -n 64; exec "$@"', "x")),
)


def words(variation, bench):
    return [word.replace("{top}", str(bench.top)) for word in variation.before]


def stamp_build(bench, variation, options):
    """Runs the build and returns what it printed: {name: digest}."""
    workspace = bench.workspace
    environment = {"PATH": os.environ["PATH"], "HOME": str(bench.top / "home"),
                   "XDG_CONFIG_HOME": str(bench.place.settings.parents[1]), **variation.environment}
    command = [*words(variation, bench), bench.place.stamp, "--cache", str(bench.cache)]
    if variation.from_elsewhere:
        command += ["-C", str(workspace)]
    command += ["build", "--locked", *options, *RECIPES]
    done = subprocess.run(command, cwd="/" if variation.from_elsewhere else workspace,
                          env=environment, umask=variation.umask, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {"exit code": done.returncode, "stderr": done.stderr}
    return dict(line.split(" ") for line in done.stdout.splitlines())


def is_possible(variation, bench):
    """None, or why this machine cannot do it."""
    if variation.needs_root and os.geteuid() != 0:
        return "not root"
    if variation.probe:
        command = [word.replace("{top}", str(bench.top)) for word in variation.probe]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False,
                                  stdin=subprocess.DEVNULL)
        except FileNotFoundError as error:
            return f"no {error.filename}"
        if done.returncode != 0:
            return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "not possible"
    return None


def open_to_all(folder):
    """Lets another user work in the folders of a bench."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            os.chown(path, 12345, 12345)


def try_variation(variation, place, expected):
    """(pairs tried, differences as texts, reason for not trying)."""
    with tempfile.TemporaryDirectory(prefix="stamp-repro-") as folder:
        bench = Bench(pathlib.Path(folder), place)
        bench.top.chmod(0o755)
        shutil.copytree(bench.place.recipes, bench.workspace)
        for name in ("cache", "home"):
            (bench.top / name).mkdir()
        impossible = is_possible(variation, bench)
        if impossible:
            return 0, [], impossible
        if variation.prepare:
            variation.prepare(bench)
        if variation.before == USER:
            open_to_all(bench.top)
        results = []
        threads = [threading.Thread(
            target=lambda: results.append(stamp_build(bench, variation, [])))
            for _ in range(variation.times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        different = [f"{recipe}: {result.get(recipe, result)}" for result in results
                     for recipe in RECIPES if result.get(recipe) != expected[recipe]]
        return len(RECIPES) * len(results), different, None


def main():
    real = pathlib.Path(sys.argv[2]).resolve()
    if not (real / "recipes").is_dir():
        print("skip: no package archive within reach")
        return SKIP
    with tempfile.TemporaryDirectory(prefix="stamp-repro-") as folder:
        return compare_all(fill(Place(pathlib.Path(folder)), pathlib.Path(sys.argv[1]), real))


def fill(place, stamp, real):
    """Copies program, recipes and mirror: the project may lie where other users cannot look."""
    place.folder.chmod(0o755)
    shutil.copy2(stamp, place.stamp)
    shutil.copytree(real / "recipes", place.recipes)
    shutil.copytree(real / "mirror", place.folder / "mirror", copy_function=link_or_copy)
    text = (real / "config/stamp/config.yaml").read_text(encoding="utf-8")
    place.settings.parent.mkdir(parents=True)
    place.settings.write_text(
        text.replace(f"file://{real}/", f"file://{place.folder}/").replace(", host-apt", ""),
        encoding="utf-8")
    return place


def link_or_copy(source, target):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def compare_all(place):
    expected = {}
    for recipe in RECIPES:
        lock = json.loads((place.recipes / recipe / "stamp.lock").read_text(encoding="utf-8"))
        expected[recipe] = lock["result"]["digest"]
    pairs, failed = 0, 0
    for variation in VARIATIONS:
        tried, different, impossible = try_variation(variation, place, expected)
        pairs += tried
        failed += len(different)
        outcome = f"not here: {impossible}" if impossible else (
            "DIFFERS" if different else f"{tried} equal")
        print(f"{variation.name:32} {outcome}", flush=True)
        for text in different:
            print(f"    {text}")
    print(f"{pairs} pairs, {failed} differences")
    if failed:
        return 1
    if pairs < LEAST_PAIRS:
        print(f"skip: this machine allows {pairs} of {LEAST_PAIRS} pairs only")
        return SKIP
    return 0


if __name__ == "__main__":
    sys.exit(main())
