#!/usr/bin/env python3
"""The judge: images that stamp makes of Debian packages hold what dpkg would unpack, and no more.

Builds images of the essential set, of the packages of each recipe of this project and of random
sets of packages, and compares every path of their layers in type, mode, owner, time, link target
and content with what `dpkg-deb --fsys-tarfile` gives for the same .debs. Outside the comparison is
dpkg's own database (/var/lib/dpkg), which dpkg_accepts.sh looks at. Exits 77 with a reason when the
mirror of this machine cannot be reached.
"""

import argparse
import calendar
import collections
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import judge_mirror
import judge_trees

ARCHIVE = "https://snapshot.debian.org/archive/debian"
SUITE = "bookworm"
SEED = 3
RANDOM_SETS = 10
LARGEST_PACKAGE = 4 << 20   # of a package that is drawn
LARGEST_SET = 120 << 20     # of what is fetched for a set and a platform
BOTH = ("linux/amd64", "linux/arm64")

Image = collections.namedtuple(
    "Image", "name packages platforms essential exclude compression scripts unconfigured",
    defaults=(BOTH, True, (), "zstd", "skip", ()))


# --- which images ---------------------------------------------------------------------------------

def recipe_packages(text):
    """The packages and the exclude patterns of a recipe's first `packages:` layer."""
    layer = re.search(r"(?ms)^  - packages:\n(.*?)(?=^  - |^\S|\Z)", text)[1]
    install = re.search(r"(?ms)^ +install:\s*\[(.*?)\]", layer)
    if install:
        names = re.split(r"[,\s]+", install[1].strip())
    else:
        names = re.findall(r"(?m)^ {8,}- (\S+)$", layer.partition("install:")[2])
    exclude = re.search(r"(?m)^ +exclude:\s*\[(.*?)\]", layer)
    if not names:
        raise SystemExit("judge: a recipe names no packages")
    return tuple(names), tuple(re.split(r",\s*", exclude[1]) if exclude else ())


def fixed_images(recipes):
    yield Image("essential", ("base-files",))
    # It ships files below /lib32, which is a link only where something is shipped there.
    yield Image("multilib", ("libc6-i386",), ("linux/amd64",))
    for recipe in sorted(recipes.glob("*/recipe.yaml")):
        packages, exclude = recipe_packages(recipe.read_text())
        yield Image(f"of-{recipe.parent.name}", packages, exclude=exclude)


def random_image(number, draw, names):
    """The image of a random set; what is special of it follows from its number."""
    return Image(
        f"random-{number}", tuple(draw.sample(names, draw.randint(2, 4))),
        platforms={4: BOTH[1:], 8: BOTH[1:], 10: BOTH}.get(number, BOTH[:1]),
        essential=number not in (2, 5),
        exclude=("/usr/share/doc/**", "/usr/share/man/**") if number in (3, 8) else (),
        compression={6: "gzip", 9: "none"}.get(number, "zstd"))


# --- their workspaces -----------------------------------------------------------------------------

class Bench:
    """Workspaces, one for each compression, and the stamp program."""

    def __init__(self, stamp, settings, work):
        self._stamp, self._settings, self._work = stamp, settings, work
        self.debs = work / "debs"
        self.archives = dict(re.findall(r"(?m)^  (\S+):\n    archive: (\S+)$", settings))
        for folder in ("workspaces", "out", "cache", "home"):
            shutil.rmtree(work / folder, ignore_errors=True)
        mirrors = "".join(f"  {archive}: [file://{self.debs / name}]\n"
                          for name, archive in self.archives.items())
        (work / "home/file-mirror/stamp").mkdir(parents=True)
        (work / "home/file-mirror/stamp/config.yaml").write_text("mirrors:\n" + mirrors)

    def folder(self, image):
        folder = self._work / "workspaces" / image.compression
        if not folder.is_dir():
            folder.mkdir(parents=True)
            text = re.sub(r"(?m)^  compression: .*$", f"  compression: {image.compression}",
                          self._settings)
            (folder / "stamp.yaml").write_text(text)
        return folder

    def write(self, image):
        recipe = self.folder(image) / image.name
        shutil.rmtree(recipe, ignore_errors=True)
        recipe.mkdir()
        unconfigured = ", ".join(image.unconfigured)
        exclude = ", ".join(json.dumps(pattern) for pattern in image.exclude)
        (recipe / "recipe.yaml").write_text(
            f"name: {image.name}\n"
            f"platforms: [{', '.join(image.platforms)}]\n"
            "layers:\n"
            "  - packages:\n"
            f"      install: [{', '.join(image.packages)}]\n"
            f"      essential: {'true' if image.essential else 'false'}\n"
            f"      scripts: {image.scripts}\n"
            + (f"      accept-unconfigured: [{unconfigured}]\n" if unconfigured else "") +
            f"      exclude: [{exclude}]\n")

    def run(self, image, *words, settings="default"):
        environment = dict(os.environ, XDG_CONFIG_HOME=str(self._work / "home" / settings))
        return subprocess.run(
            [self._stamp, "-C", self.folder(image), "--cache", self._work / "cache",
             "--progress", "plain", "-q", *words],
            env=environment, check=False, capture_output=True, text=True)

    def lock(self, image):
        """The lock of an image, or what stamp says why there is none."""
        self.write(image)
        done = self.run(image, "lock", image.name)
        if done.returncode != 0:
            return None, done.stderr
        return json.loads((self.folder(image) / image.name / "stamp.lock").read_text()), ""

    def remove(self, image):
        shutil.rmtree(self.folder(image) / image.name)

    def build(self, image):
        """Builds an image; the folder of its layout."""
        layout = self._work / "out" / image.name
        done = self.run(image, "build", "--locked", image.name, "--output", f"oci:{layout}",
                        settings="file-mirror")
        if done.returncode != 0:
            raise judge_trees.Failure(f"stamp build exits {done.returncode}:\n{done.stderr}")
        return layout


def size_of(lock):
    return max(sum(package["size"] for package in platform["packages"])
               for platform in lock["platforms"].values())


def draw_images(bench):
    """The random sets with their locks: sets that cannot be installed are drawn anew."""
    draw = random.Random(SEED)
    names = judge_mirror.package_names(ARCHIVE, SUITE, "amd64", LARGEST_PACKAGE)
    for number in range(1, RANDOM_SETS + 1):
        for _ in range(20):
            image = random_image(number, draw, names)
            lock, said = bench.lock(image)
            if lock and size_of(lock) <= LARGEST_SET:
                yield image, lock
                break
            why = "too large" if lock else (said.splitlines() or ["no message"])[0]
            print(f"{image.name}: not {' '.join(image.packages)}: {why}", flush=True)
            bench.remove(image)
        else:
            raise SystemExit(f"judge: no set of packages can be locked as {image.name}")


# --- the comparison -------------------------------------------------------------------------------

class Layout:
    """An OCI layout, read without any code of stamp."""

    def __init__(self, folder):
        self._folder = folder

    def blob(self, descriptor):
        return self._folder / "blobs" / descriptor["digest"].replace(":", "/")

    def document(self, descriptor):
        return json.loads(self.blob(descriptor).read_bytes())

    def layers(self):
        """By platform, each layer's blob, media type and diff_id."""
        top = json.loads((self._folder / "index.json").read_bytes())["manifests"][0]
        for descriptor in self.document(top)["manifests"]:
            platform = "{os}/{architecture}".format(**descriptor["platform"])
            manifest = self.document(descriptor)
            diff_ids = self.document(manifest["config"])["rootfs"]["diff_ids"]
            yield platform, [(self.blob(layer), layer["mediaType"], diff_id) for layer, diff_id
                             in zip(manifest["layers"], diff_ids, strict=True)]


def seconds_of(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


class Judge:
    """Compares built images and counts."""

    def __init__(self, bench, pool):
        self._bench, self._pool = bench, pool
        self._packages = {}  # by path of the .deb: a future
        self.images = self.paths = self.differences = 0

    def read_ahead(self, lock):
        """Lets the pool read the packages of a lock, each once."""
        for platform in lock["platforms"].values():
            for package in platform["packages"]:
                deb = self._bench.debs / package["source"] / package["path"]
                if deb not in self._packages:
                    self._packages[deb] = self._pool.submit(judge_trees.read_package, deb)

    def _expected(self, image, lock, platform):
        packages = []
        for package in lock["platforms"][platform]["packages"]:
            deb = self._bench.debs / package["source"] / package["path"]
            packages.append(self._packages[deb].result())
        return judge_trees.Unpacking(packages, platform.partition("/")[2], image.exclude,
                                     seconds_of(lock["epoch"])).tree

    def judge(self, image, lock):
        """Builds an image and compares it on each of its platforms."""
        start = time.monotonic()
        try:
            layers = dict(Layout(self._bench.build(image)).layers())
            if sorted(layers) != sorted(image.platforms):
                raise judge_trees.Failure(f"is built for {' '.join(sorted(layers))}")
        except judge_trees.Failure as failure:
            self._report(image, "", 0, [str(failure)], start)
            return
        for platform, (layer, *_) in sorted(layers.items()):
            found = {}
            try:
                found = judge_trees.read_layer(*layer)
                lines = list(judge_trees.differences(self._expected(image, lock, platform), found))
            except judge_trees.Failure as failure:
                lines = [str(failure)]
            self._report(image, platform, len(found), lines, start)
            start = time.monotonic()

    def _report(self, image, platform, paths, lines, start):
        self.images += 1
        self.paths += paths
        self.differences += len(lines)
        notes = [image.compression] + ["not essential"] * (not image.essential)
        notes += ["exclude"] * bool(image.exclude)
        print(f"{image.name} {platform} ({', '.join(notes)}: {' '.join(image.packages)}): "
              f"{paths} paths, {len(lines)} differences, {time.monotonic() - start:.1f} s",
              flush=True)
        for line in lines[:20]:
            print(f"    {line}")
        if len(lines) > 20:
            print(f"    and {len(lines) - 20} more")


def judge_all(bench, recipes):
    start = time.monotonic()
    judge_mirror.fetch(ARCHIVE, f"dists/{SUITE}/InRelease")
    locked = []
    for image in fixed_images(recipes):
        lock, said = bench.lock(image)
        if not lock:
            raise SystemExit(f"judge: stamp cannot lock {image.name}:\n{said}")
        locked.append((image, lock))
    locked += draw_images(bench)
    print(f"locked {len(locked)} recipes: {time.monotonic() - start:.1f} s", flush=True)
    packages = [package for _, lock in locked for platform in lock["platforms"].values()
                for package in platform["packages"]]
    size = judge_mirror.fetch_packages(packages, bench.archives, bench.debs)
    print(f"fetched {size >> 20} MiB of packages: {time.monotonic() - start:.1f} s", flush=True)
    with ProcessPoolExecutor(2) as pool:
        judge = Judge(bench, pool)
        for _, lock in locked:
            judge.read_ahead(lock)
        for image, lock in locked:
            judge.judge(image, lock)
    print(f"{judge.images} images, {judge.paths} paths, {judge.differences} differences, "
          f"{time.monotonic() - start:.0f} s")
    return 1 if judge.differences else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stamp", required=True, help="the program")
    parser.add_argument("--recipes", required=True, type=pathlib.Path, help="the workspace")
    parser.add_argument("--work", required=True, type=pathlib.Path,
                        help="a folder for everything; packages in it are used again")
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.stamp, (options.recipes / "stamp.yaml").read_text(), work)
    try:
        return judge_all(bench, options.recipes)
    except judge_mirror.Unreachable as unreachable:
        print(f"skipped: {unreachable}")
        return 77


if __name__ == "__main__":
    sys.exit(main())
