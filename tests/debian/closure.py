#!/usr/bin/env python3
"""Compares stamp-resolver's closures with those of `apt-get -s install`, for names drawn from the
real archive with a fixed seed. usage: closure.py STAMP_RESOLVER

apt runs in a root of its own, with an empty status file; nothing of this machine is changed. The
mirror is the one that this machine's apt uses for Debian. Ends with 77 (skipped) when there is
none, or when it cannot be reached."""

import concurrent.futures
import glob
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

SEED = 20261120
SKIPPED = 77
# Architecture, how many names, and how many of them go into one set, in turn.
RUNS = [("amd64", 200, (2, 1, 3, 2)), ("arm64", 50, (2, 1, 3))]
SUITES = [("debian", ["bookworm", "bookworm-updates"]), ("debian-security", ["bookworm-security"])]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def mirrors():
    """The addresses that this machine's apt has for each Debian archive."""
    text = ""
    for name in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        if os.path.isfile(name):
            text += re.sub(r"(?m)^\s*#.*$", "", pathlib.Path(name).read_text()) + "\n"
    found = {}
    for address in re.findall(r"(?:https?|file)://?[^\s\]]+", text):
        address = address.rstrip("/")
        found.setdefault(re.sub(r"/\d{8}T\d{6}Z$", "", address).rsplit("/", 1)[-1], address)
    return found


class Apt:
    """apt-get for one architecture, in a root of its own."""

    def __init__(self, root, architecture, addresses):
        self.root = pathlib.Path(root, architecture)
        self.architecture = architecture
        for folder in ["etc/apt", "var/lib/apt/lists/partial", "var/lib/dpkg",
                       "var/cache/apt/archives/partial"]:
            (self.root / folder).mkdir(parents=True)
        self.status = self.root / "var/lib/dpkg/status"
        self.status.write_text("")
        sources = [f"deb [signed-by={KEYRING}] {addresses[archive]} {suite} main"
                   for archive, suites in SUITES for suite in suites]
        (self.root / "etc/apt/sources.list").write_text("\n".join(sources) + "\n")
        config = self.root / "apt.conf"
        config.write_text(f'''
Dir "{self.root}/";
Dir::State::status "{self.status}";
Dir::Bin::methods "/usr/lib/apt/methods/";
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Languages "none";
pkgCacheGen::ForceEssential ",";
''')
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                            "APT_CONFIG": str(config)}

    def run(self, *arguments):
        return subprocess.run(["apt-get", *arguments], env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    def update(self):
        result = self.run("update", "--error-on=any")
        if result.returncode != 0:
            skip(f"the mirror cannot be reached: {result.stdout.strip().splitlines()[-1]}")
        self.run("check")  # writes the package cache, which the runs to come share

    def indexes(self):
        return sorted(glob.glob(f"{self.root}/var/lib/apt/lists/*_Packages"))

    def closure(self, names, essential):
        wanted = ["?essential", "usr-is-merged"] if essential else []
        result = self.run("-s", "-o", "Debug::NoLocking=1", "install", *wanted, *names)
        if result.returncode != 0:
            return None, result.stdout
        lines = re.findall(r"(?m)^Inst (\S+) \((\S+) .*\[(\w+)\]\)", result.stdout)
        return {(name.split(":")[0], version, arch) for name, version, arch in lines}, ""


def ours(program, apt, names, essential):
    request = {"ask": "resolve", "architecture": apt.architecture, "foreign_architectures": [],
               "indexes": [{"source": "debian", "path": path} for path in apt.indexes()],
               "install": names, "essential": essential, "recommends": False, "keep": [],
               "status": str(apt.status)}
    answer = subprocess.run([program], input=json.dumps(request), env={}, text=True,
                            stdout=subprocess.PIPE, check=True)
    document = json.loads(answer.stdout)
    if "error" in document:
        return None, document["error"]["headline"]
    return {(package["name"], package["version"], package["architecture"])
            for package in document["packages"]}, ""


def sets_of(names, sizes):
    sets = []
    while names:
        size = sizes[len(sets) % len(sizes)]
        sets.append(names[:size])
        names = names[size:]
    return sets


def compare(program, apt, names, essential):
    """What differs, in words; "" when nothing does."""
    theirs, their_problem = apt.closure(names, essential)
    mine, my_problem = ours(program, apt, names, essential)
    title = f"{apt.architecture} essential={essential} {' '.join(names)}"
    if theirs == mine:
        return "", theirs is None
    if theirs is None or mine is None:
        return (f"{title}: only one of both has a closure\n  apt: {their_problem}\n"
                f"  stamp: {my_problem}"), False
    return (f"{title}:\n  only apt: {sorted(theirs - mine)}\n"
            f"  only stamp: {sorted(mine - theirs)}"), False


def main():
    program = sys.argv[1]
    addresses = mirrors()
    for archive, _ in SUITES:
        if archive not in addresses:
            skip(f"this machine's apt names no mirror of the archive '{archive}'")
    failures = []
    with tempfile.TemporaryDirectory() as root:
        for architecture, count, sizes in RUNS:
            apt = Apt(root, architecture, addresses)
            apt.update()
            names = set()
            for index in apt.indexes():
                names.update(re.findall(r"(?m)^Package: (\S+)$", pathlib.Path(index).read_text()))
            drawn = random.Random(SEED).sample(sorted(names), count)
            sets = sets_of(drawn, sizes)
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                results = list(pool.map(
                    lambda item, apt=apt: compare(program, apt, item[1], item[0] % 2 == 0),
                    enumerate(sets)))
            failures += [text for text, _ in results if text]
            without = sum(1 for _, neither in results if neither)
            print(f"{architecture}: {count} names in {len(sets)} sets, {without} of them without a "
                  f"closure in both, {sum(1 for text, _ in results if text)} differ", flush=True)
    for text in failures:
        print(text)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
