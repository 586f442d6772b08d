#!/usr/bin/env python3
"""The judge of evaluated scripts: an image whose packages stamp configured, without executing
anything of them, is the tree that mmdebstrap makes by running their scripts as root.

Both trees are made of the very same .debs. Compared of every path: type, mode, owner by name, link
target and content. Times are not: what a script makes is made now. Classes of paths that stamp
leaves out are counted by class; they are those of docs/left-out.md. Whatever else differs is
printed. Exits 77 with a reason when the mirror of this machine cannot be reached, or when this is
not root's.
"""

import argparse
import collections
import hashlib
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tarfile
import time

import judge
import judge_mirror
import judge_trees

SEED = 4
RANDOM_SETS = 20
MOST_STOPPED = 3  # of a hundred packages with scripts of their own
# The set of which most is known: servers, clients, interpreters, libraries with alternatives.
LARGE = ("openssh-server git restic samba python3 python3-requests ca-certificates tzdata dumb-init "
         "curl iproute2 nftables ceph-common ffmpeg man-db less vim-tiny sudo rsync cron "
         "nginx-light postgresql-client redis-server mariadb-client procps kmod iputils-ping "
         "nfs-ganesha nfs-ganesha-vfs").split()

# What is left out, by class: the names are headings of docs/left-out.md.
CLASSES = [(name, re.compile(pattern)) for name, pattern in (
    ("Python byte code", r".*/__pycache__(/.*)?"),
    ("MIME database", r"usr/share/mime/(?!packages(/|$)).*"),
    ("man page cache", r"var/cache/man(/.*)?"),
    ("service registration", r"etc/rc[0-6S]\.d(/.*)?"),
    ("service registration", r"etc/systemd/(system|user)/.*"),
    ("service registration", r"var/lib/systemd/deb-systemd-(user-)?helper-(enabled|masked)(/.*)?"),
    ("service registration", r"(etc|run)/runit(/.*)?|etc/sv(/.*)?"),
    ("dpkg, apt and debconf state",
     r"var/lib/dpkg/(available|lock|lock-frontend|triggers/Lock|(tmp\.ci|updates)/.*)"),
    ("dpkg, apt and debconf state", r"var/(lib|cache)/(apt|debconf)(/.*)?"),
    ("backup copies", r"etc/(passwd|group|shadow|gshadow|subuid|subgid)-"),
    ("backup copies", r"var/lib/ucf/(hashfile|registry)\.[0-9]|var/lib/dpkg/.*-old"),
    ("backup copies", r"var/lib/sgml-base/supercatalog\.old"),
    ("locks", r"etc/\.pwd\.lock"),
    ("logs", r"var/log/(alternatives|bootstrap|dpkg|fontconfig)\.log|var/log/apt(/.*)?"),
    ("font cache", r"var/cache/fontconfig(/.*)?|.*/\.uuid"),
    ("ldconfig's auxiliary cache", r"var/cache/ldconfig(/.*)?"),
    ("desktop databases", r"usr/share/icons/.*/icon-theme\.cache|etc/mailcap"),
    ("hardware databases", r"(etc|usr/lib)/udev/hwdb\.bin"),
    ("the journal's catalogue", r"var/lib/systemd/catalog(/.*)?"),
    ("secrets", r"etc/ssh/ssh_host_.*|etc/ssl/(private|certs)/ssl-cert-snakeoil\.(key|pem)"),
    ("secrets", r"etc/machine-id|var/lib/dbus/machine-id|var/lib/systemd/random-seed"),
    ("what mmdebstrap itself makes",
     r"etc/(fstab|hostname|resolv\.conf|apt/(sources\.list(\.d)?|preferences\.d|trusted.*))"),
    ("what mmdebstrap itself makes", r"dev(/.*)?"),
)]
# Of these folders the files are left out, and what systemd-tmpfiles makes in them.
RUN_TIME = re.compile(r"(run|tmp|var/tmp)/.*")
CACHES = re.compile(r"var/cache/.*")
ACCOUNTS = {"etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/subuid", "etc/subgid"}
# Files with a line or a stanza for each of some packages, in the order in which those were unpacked
# or configured: by name with stamp (ADR 9), as apt lists them with dpkg.
LINES = {"var/lib/ucf/hashfile", "var/lib/ucf/registry", "var/lib/dpkg/triggers/File"}
STANZAS = {"var/lib/dpkg/status"}


class Tree:
    """The paths of a root file system, with owners by name."""

    def __init__(self, entries, texts):
        self.entries, self._texts = entries, texts
        self._users = self._names("etc/passwd")
        self._groups = self._names("etc/group")

    def unpacked(self):
        """The names of the packages that are not configured."""
        stanzas = self._texts.get("var/lib/dpkg/status", b"").decode().split("\n\n")
        return {stanza.partition("\n")[0].partition(": ")[2] for stanza in stanzas
                if "\nStatus: install ok unpacked\n" in stanza}

    def without_records_of(self, packages):
        """This tree but for what dpkg notes of these packages."""
        texts = dict(self._texts)
        if "var/lib/dpkg/status" in texts:
            stanzas = texts["var/lib/dpkg/status"].decode().strip().split("\n\n")
            texts["var/lib/dpkg/status"] = "\n\n".join(
                stanza for stanza in stanzas
                if stanza.partition("\n")[0].partition(": ")[2] not in packages).encode()
        return Tree({path: entry for path, entry in self.entries.items()
                     if not path.startswith("var/lib/dpkg/info/") or
                     path.split("/")[-1].rpartition(".")[0].partition(":")[0] not in packages},
                    texts)

    def _names(self, path):
        lines = self._texts.get(path, b"").decode().splitlines()
        return {0: "root"} | {int(line.split(":")[2]): line.split(":")[0] for line in lines if line}

    def user(self, uid):
        return self._users.get(uid, str(uid))

    def group(self, gid):
        return self._groups.get(gid, str(gid))

    def lines(self, path):
        """A file's lines or stanzas in byte order; of a file of accounts without numbers and days.
        """
        if path in STANZAS:
            text = re.sub(r"(?m) +$", "", self._texts[path].decode())
            return "\n\n".join(sorted(text.strip().split("\n\n")))
        lines = []
        for line in self._texts[path].decode().splitlines():
            fields = line.split(":")
            if path == "etc/passwd":
                fields[2:4] = [self.group(int(fields[3]))]
            elif path == "etc/group":
                del fields[2]
            elif path == "etc/shadow":
                del fields[2]
            lines.append(":".join(fields))
        return "\n".join(sorted(lines))

    def facts(self, path):
        entry = self.entries[path]
        content = entry.content
        if path in self._texts:
            content = self.lines(path)
        mode = 0 if entry.type == "symlink" else entry.mode
        return {"type": entry.type, "mode": oct(mode), "user": self.user(entry.uid),
                "group": self.group(entry.gid), "target": entry.target, "content": content}


def read_tar(stream, entries, texts):
    """Adds what an uncompressed tar holds; later ones replace, whiteouts remove."""
    with tarfile.open(fileobj=stream, mode="r|", bufsize=1 << 18) as tar:
        for member in tar:
            path = judge_trees.path_of(member.name)
            folder, _, name = path.rpartition("/")
            if name.startswith(".wh."):
                gone = f"{folder}/{name[4:]}".lstrip("/")
                for there in [p for p in entries if p == gone or p.startswith(gone + "/")]:
                    del entries[there]
                continue
            if path in ACCOUNTS | LINES | STANZAS and member.isreg():
                texts[path] = tar.extractfile(member).read()
                entry = judge_trees.Entry("file", member.mode, member.uid, member.gid, 0, "", "")
            else:
                path, entry = judge_trees._entry(tar, member)
            if entry.type == "hard link":
                there = entries.get(entry.target)
                entry = there or entry
            entries[path] = entry._replace(mtime=0)
    while stream.read(1 << 18):
        pass


def stamp_tree(layout, platform):
    entries, texts = {}, {}
    for blob, media_type, _ in dict(judge.Layout(layout).layers())[platform]:
        stream, process = judge_trees._decompressed(blob, media_type)
        with stream:
            read_tar(stream, entries, texts)
        if process and process.wait() != 0:
            raise judge_trees.Failure(f"zstd cannot read {blob}")
    return Tree(entries, texts)


def write_repository(folder, debs):
    """An apt repository of these .debs alone, under the suite's name."""
    shutil.rmtree(folder, ignore_errors=True)
    index = folder / "dists" / judge.SUITE / "main/binary-amd64/Packages"
    index.parent.mkdir(parents=True)
    (folder / "pool").mkdir()
    for deb in debs:
        (folder / "pool" / deb.name).symlink_to(deb)
    shown = subprocess.run(["dpkg-scanpackages", "--multiversion", "pool"], cwd=folder, check=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    index.write_bytes(shown)
    (folder / "dists" / judge.SUITE / "Release").write_text(
        f"Suite: {judge.SUITE}\nCodename: {judge.SUITE}\nComponents: main\n"
        "Architectures: amd64\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n"
        f" {hashlib.sha256(shown).hexdigest()} {len(shown)} main/binary-amd64/Packages\n",
        encoding="ascii")


def real_tree(names, debs, work):
    """What mmdebstrap makes of the packages, as root."""
    repository = work / "repository"
    write_repository(repository, debs)
    with open(work / "mmdebstrap.log", "w", encoding="utf-8") as log, subprocess.Popen(
            # of the name that evaluated scripts are told
            ["unshare", "--uts", "sh", "-c", 'hostname localhost; exec "$@"', "sh",
             "mmdebstrap", "--mode=root", "--variant=essential", "--format=tar",
             "--include=" + ",".join(names), "--skip=output/dev,cleanup/run",
             "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", judge.SUITE, "-",
             f"deb [trusted=yes] copy://{repository} {judge.SUITE} main"],
            stdout=subprocess.PIPE, stderr=log, env={**os.environ, "LC_ALL": "C.UTF-8"}) as process:
        entries, texts = {}, {}
        try:
            read_tar(process.stdout, entries, texts)
        except tarfile.TarError as error:
            process.wait()
            said = (work / "mmdebstrap.log").read_text(encoding="utf-8", errors="replace")
            raise judge_trees.Failure(f"mmdebstrap: {error}\n{said[-2000:]}") from error
    if process.returncode != 0:
        said = (work / "mmdebstrap.log").read_text(encoding="utf-8", errors="replace")
        raise judge_trees.Failure(f"mmdebstrap exits {process.returncode}:\n{said[-2000:]}")
    return Tree(entries, texts)


def without_scripts(debs, packages, folder):
    """The .debs, those of these packages as they are when no script configures them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for deb in debs:
        name = deb.name.partition("_")[0]
        if name not in packages:
            yield deb
            continue
        subprocess.run(["dpkg-deb", "-R", deb, folder / name], check=True)
        for script in ("config", "postinst"):
            (folder / name / "DEBIAN" / script).unlink(missing_ok=True)
        subprocess.run(["dpkg-deb", "-Znone", "-b", folder / name, folder / deb.name], check=True,
                       stdout=subprocess.DEVNULL)
        yield folder / deb.name


def has_own_scripts(deb):
    """Whether a package has maintainer scripts for an installation that debhelper did not write
    whole."""
    for name in ("preinst", "postinst"):
        script = subprocess.run(["dpkg-deb", "--info", deb, name], check=False, text=True,
                                errors="replace", capture_output=True).stdout
        script = re.sub(r"(?s)# Automatically added by.*?# End automatically added section", "",
                        script)
        if any(line.strip() and not line.startswith(("#", "set -e", "exit 0"))
               for line in script.splitlines()):
            return True
    return False


def class_of(path, want, got):
    kind = (want or got)["type"]
    if RUN_TIME.fullmatch(path) and (kind != "folder" or got is None):
        return "run time"
    for name, pattern in CLASSES:
        if pattern.fullmatch(path):
            return name
    return "caches" if CACHES.fullmatch(path) and kind != "folder" else None


def own(text, other):
    """Of a text of many lines those that another has not."""
    if "\n" not in text:
        return text
    known = set(other.splitlines())
    return "\n".join(line for line in text.splitlines() if line not in known)


def compare(real, found):
    """The classes left out, counted, and one line for each other difference."""
    left_out, lines = collections.Counter(), []
    for path in sorted(set(real.entries) | set(found.entries)):
        if not path:
            continue
        want = real.facts(path) if path in real.entries else None
        got = found.facts(path) if path in found.entries else None
        if want == got:
            continue
        name = class_of(path, want, got)
        if name:
            left_out[name] += 1
        elif got is None:
            lines.append(f"/{path}: is missing ({want['type']} {want['mode']} "
                         f"{want['user']}:{want['group']} {want['target']})")
        elif want is None:
            lines.append(f"/{path}: no script makes it ({got['type']} {got['target']})")
        else:
            lines += [f"/{path}: {key} is {own(got[key], want[key])!r:.300}, of dpkg "
                      f"{own(want[key], got[key])!r:.300}" for key in want if want[key] != got[key]]
    return left_out, lines


class Judge:
    """Builds, compares and counts."""

    def __init__(self, bench, work):
        self._bench, self._work = bench, work
        self.images = self.paths = self.differences = 0
        self.packages, self.with_scripts, self.stopped = set(), set(), {}

    def _build(self, image):
        """The image's layout. A package that stops the build is noted, and left unpacked."""
        while True:
            try:
                return self._bench.build(image)
            except judge_trees.Failure as failure:
                package = re.search(r"accept-unconfigured: \[([^]]+)\]", str(failure))
                print(f"{image.name}: STOPPED {' '.join(image.packages)}\n{failure}", flush=True)
                if not package or package[1] in image.unconfigured:
                    self.differences += 1
                    return None
                self.stopped[package[1]] = str(failure)
                image = image._replace(unconfigured=(*image.unconfigured, package[1]))
                self._bench.lock(image)

    def judge(self, image, lock):
        """Compares an image with what mmdebstrap makes; fails where that makes nothing."""
        debs = [self._bench.debs / package["source"] / package["path"]
                for package in lock["platforms"]["linux/amd64"]["packages"]]
        names = sorted(package["name"]
                       for package in lock["platforms"]["linux/amd64"]["packages"])
        real = real_tree(names, debs, self._work)
        start = time.monotonic()
        self.packages.update(names)
        self.with_scripts.update(package["name"] for package, deb in
                                 zip(lock["platforms"]["linux/amd64"]["packages"], debs)
                                 if has_own_scripts(deb))
        layout = self._build(image)
        if layout is None:
            return
        built = time.monotonic() - start
        found = stamp_tree(layout, "linux/amd64")
        # Where packages stay unpacked only, dpkg has them without their scripts.
        unpacked = found.unpacked()
        if unpacked:
            real = real_tree(names, list(without_scripts(debs, unpacked, self._work / "unpacked")),
                             self._work).without_records_of(unpacked)
            found = found.without_records_of(unpacked)
        left_out, lines = compare(real, found)
        self.images += 1
        self.paths += len(found.entries)
        self.differences += len(lines)
        classes = ", ".join(f"{count} {name}" for name, count in sorted(left_out.items()))
        print(f"{image.name} ({' '.join(image.packages)}): {len(debs)} packages, "
              f"{len(found.entries)} paths, {len(lines)} differences; left out: {classes}; "
              f"built in {built:.1f} s" +
              (f"; unpacked only: {' '.join(sorted(unpacked))}" if unpacked else ""), flush=True)
        for line in lines:
            print(f"    {line}")


def images_of(recipes, chosen):
    images = [judge.Image("essential", ("base-files",), ("linux/amd64",), scripts="evaluate")]
    for recipe in sorted(recipes.glob("*/recipe.yaml")):
        packages, _ = judge.recipe_packages(recipe.read_text())
        images.append(judge.Image(f"of-{recipe.parent.name}", packages, ("linux/amd64",),
                                  scripts="evaluate"))
    images.append(judge.Image("large", tuple(LARGE), ("linux/amd64",), scripts="evaluate"))
    return [image for image in images if not chosen or image.name in chosen]


class Draw:
    """Random sets of programs and services: packages of the sections that have them."""

    def __init__(self, bench):
        self._bench = bench
        self._names = judge_mirror.package_names(
            judge.ARCHIVE, judge.SUITE, "amd64", judge.LARGEST_PACKAGE,
            sections=("admin", "database", "mail", "net", "utils", "httpd", "web", "shells", "text",
                      "sound"))
        self._dice = random.Random(SEED)
        self._other_dice = {}  # by number: of sets that mmdebstrap cannot make

    def sets(self, count):
        """The first sets with their locks; what cannot be locked or is too large is drawn anew."""
        for number in range(1, count + 1):
            yield self._one(number, self._dice)

    def again(self, number):
        """Another set of that number; all others remain what they are."""
        return self._one(number, self._other_dice.setdefault(
            number, random.Random(f"{SEED}-{number}")))

    def _one(self, number, dice):
        for _ in range(20):
            image = judge.Image(f"random-{number}",
                                tuple(dice.sample(self._names, dice.randint(1, 5))),
                                ("linux/amd64",), scripts="evaluate")
            lock, _ = self._bench.lock(image)
            if lock and judge.size_of(lock) <= judge.LARGEST_SET:
                return image, lock
            self._bench.remove(image)
        raise SystemExit(f"judge: no set of packages can be locked as random-{number}")


def fetch(bench, locks):
    judge_mirror.fetch_packages(
        [package for lock in locks for platform in lock["platforms"].values()
         for package in platform["packages"]], bench.archives, bench.debs)


def lock_images(bench, images):
    for image in images:
        lock, said = bench.lock(image)
        if not lock:
            raise SystemExit(f"judge: stamp cannot lock {image.name}:\n{said}")
        yield image, lock


def judge_drawn(bench, judging, draw, drawn):
    """A set that mmdebstrap cannot make (a script fails there) is said and drawn anew."""
    for image, lock in drawn:
        while True:
            try:
                judging.judge(image, lock)
                break
            except judge_trees.Failure as failure:
                print(f"{image.name} ({' '.join(image.packages)}): DRAWN ANEW: {failure}",
                      flush=True)
            image, lock = draw.again(int(image.name.rpartition("-")[2]))
            fetch(bench, [lock])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stamp", required=True, help="the program")
    parser.add_argument("--recipes", required=True, type=pathlib.Path, help="the workspace")
    parser.add_argument("--work", required=True, type=pathlib.Path,
                        help="a folder for everything; packages in it are used again")
    parser.add_argument("--random", type=int, default=RANDOM_SETS, help="how many random sets")
    parser.add_argument("--packages", help="judge one set of these packages alone")
    parser.add_argument("image", nargs="*",
                        help="only these: essential, of-RECIPE, large, random (all), random-NUMBER")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: as an ordinary user maintainer scripts cannot be run for comparison")
        return 77
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    bench = judge.Bench(options.stamp, (options.recipes / "stamp.yaml").read_text(), work)
    try:
        judge_mirror.fetch(judge.ARCHIVE, f"dists/{judge.SUITE}/InRelease")
        if options.packages:
            images = [judge.Image("these", tuple(options.packages.split()), ("linux/amd64",),
                                  scripts="evaluate")]
        else:
            images = images_of(options.recipes, options.image)
        locked = list(lock_images(bench, images))
        draw, drawn = None, []
        if not options.packages and (not options.image or "random" in " ".join(options.image)):
            draw = Draw(bench)
            drawn = [(image, lock) for image, lock in draw.sets(options.random)
                     if not options.image or {"random", image.name} & set(options.image)]
        fetch(bench, [lock for _, lock in locked + drawn])
        judging = Judge(bench, work)
        for image, lock in locked:
            try:
                judging.judge(image, lock)
            except judge_trees.Failure as failure:
                print(f"{image.name}: not judged: {failure}", flush=True)
                judging.differences += 1
        judge_drawn(bench, judging, draw, drawn)
    except judge_mirror.Unreachable as unreachable:
        print(f"skipped: {unreachable}")
        return 77
    print(f"{judging.images} images, {judging.paths} paths, {judging.differences} differences; "
          f"{len(judging.packages)} packages, {len(judging.with_scripts)} of them with scripts of "
          f"their own, {len(judging.stopped)} of which stopped a build: "
          f"{' '.join(sorted(judging.stopped)) or 'none'}")
    too_many = len(judging.stopped) * 100 > MOST_STOPPED * len(judging.with_scripts)
    return 1 if judging.differences or too_many else 0


if __name__ == "__main__":
    sys.exit(main())
