"""What is measured: each function sets one operation up and returns its results."""

import functools
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pin
import registry
from measure import Contestant, compete

PEERS = pathlib.Path(__file__).resolve().parent / "peers"
# What each peer's script calls; a peer that lacks one is left out.
NEEDS = {
    "buildkit": [PEERS / "bin/buildkitd", PEERS / "bin/buildctl", "runc", "jq"],
    "buildah": ["buildah", "runc"],
    "mmdebstrap": ["mmdebstrap", "umoci"],
    "mmdebstrap-extract": ["mmdebstrap", "umoci"],
}
CACHING = ("buildkit", "buildah")  # the others build everything again, whatever changed
TEXT, GENERATION = 3, 4  # where they stand in a peer's command
LIMIT_DEB = "find {} -name '*.deb' -print0 | xargs -0 -n1 -P$(nproc) dpkg-deb --fsys-tarfile >/dev/null"
LIMIT_GZIP = "find {} -name '*.tar.gz' -print0 | xargs -0 -n1 -P$(nproc) gzip -dc >/dev/null"


def forget(path):
    shutil.rmtree(path, ignore_errors=True)


def restore(saved, place):
    """Makes `place` what `saved` is. Blobs, which nobody writes to, are linked and not copied."""
    forget(place)
    shutil.copytree(saved, place, copy_function=lambda source, to: (
        os.link if "blobs" in pathlib.Path(source).parts else shutil.copy2)(source, to))


def vary(contestant, position, count):
    """Gives a contestant another word at this place of its command before each round."""
    def prepare():
        contestant.command[position] = str(next(count))
    contestant.prepare = prepare


class Peer:
    """A peer's script, its state and its output."""

    def __init__(self, name, bench):
        self.name = name
        self.state = bench.work / name
        self.layout = bench.work / f"{name}-layout"
        self.environment = {
            **os.environ, "BENCH_STATE": str(self.state), "BENCH_BASE": str(bench.base),
            "BENCH_URL": bench.url, "BENCH_PACKAGES": "ffmpeg dumb-init"}
        self.stage = bench.stage

    def call(self, *arguments):
        self.stage.run([PEERS / self.name, *arguments], self.environment)

    def reset(self):
        self.call("reset")
        forget(self.layout)

    def contestant(self, text, generation, prepare=lambda: None):
        return Contestant(self.name, [PEERS / self.name, "build", self.layout, text, generation], prepare,
                          self.daemon_peak, self.environment)

    def daemon_peak(self):
        pid = self.state / "pid"
        if not pid.exists():
            return 0
        status = pathlib.Path("/proc", pid.read_text().strip(), "status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0])


class Bench:
    """What the operations share."""

    def __init__(self, workloads, stage, rounds, peers, url):
        self.workloads = workloads
        self.stage = stage
        self.rounds = rounds
        self.url = url
        self.work = workloads.scratch / "work"
        self.base = workloads.scratch / "base"
        self.work.mkdir(exist_ok=True)
        self.peers = [Peer(name, self) for name in peers]

    def caching_peers(self):
        return [peer for peer in self.peers if peer.name in CACHING]

    def warm_contestants(self):
        """The caching peers, each with the image built; those that cannot are left out."""
        for peer in self.caching_peers():
            try:
                peer.call("start")
                peer.call("build", peer.layout, "0", "0")
            except RuntimeError as error:
                print(f"{peer.name}: left out: {error}", file=sys.stderr)
                continue
            yield peer.contestant("0", "0")

    def stamp(self, workspace, *arguments, cache="cache"):
        return [self.workloads.stamp, "-C", workspace, "--cache", self.work / cache, "--progress", "plain",
                "--quiet", *arguments]

    def compete(self, operation, workload, contestants):
        return compete(self.stage, operation, workload, contestants, self.rounds)


def cold(bench, workload, operation="B1"):
    """Nothing cached, .debs on a file mirror → a compressed OCI layout."""
    layout = bench.work / "layout"

    def empty():
        forget(bench.work / "cache")
        forget(layout)

    command = bench.stamp(bench.workloads.folder_of(workload), "build", workload, "--locked",
                          "--output", f"oci:{layout}:bench")
    limit = LIMIT_GZIP.format(bench.workloads.debs(workload) / "members") if workload == "w2g" else (
        LIMIT_DEB.format(bench.workloads.debs(workload)))
    contestants = [Contestant("stamp", command, empty), Contestant("limit", ["bash", "-c", limit])]
    if workload == "w2":
        contestants += [peer.contestant("0", "0", peer.reset) for peer in bench.peers]
    return bench.compete(operation, workload, contestants)


def change_text(bench):
    """One text file changes → the layout that holds the build before (B2); then nothing changes (B3)."""
    path = bench.workloads.main / "w2-text/recipe.yaml"
    first = path.read_text(encoding="utf-8")
    layout = bench.work / "text-layout"
    build = bench.stamp(bench.workloads.main, "build", "w2-text", "--output", f"oci:{layout}:bench")
    count = itertools.count(1)

    def change():
        path.write_text(first.replace('text: "0', f'text: "{next(count)}'), encoding="utf-8")

    forget(layout)
    results = []
    try:
        bench.stage.run(build)
        peers = list(bench.warm_contestants())
        for contestant in peers:
            vary(contestant, TEXT, count)
        results += bench.compete("B2", "w2", [Contestant("stamp", build, change), *peers])
        for contestant in peers:
            contestant.prepare = lambda: None
        results += bench.compete("B3", "w2", [Contestant("stamp", build), *peers])
    finally:
        path.write_text(first, encoding="utf-8")
    return results


def nothing_changed_in_the_fleet(bench):
    """All recipes of the project, both platforms, all in the cache. With a cache and settings of its
    own: what is not amd64 comes from the machine's own mirrors."""
    environment = {"XDG_CONFIG_HOME": str(bench.work / "no-settings")}
    build = bench.stamp(bench.workloads.fleet, "build", cache="fleet-cache")
    bench.stage.run(build, environment)
    return bench.compete("B3", "fleet", [Contestant("stamp", build, environment=environment)])


def change_package(bench):
    """One package of W2 has another version → the layout that holds the build before."""
    workspace = bench.workloads.update
    layout = bench.work / "update-layout"
    lock = workspace / "w2/stamp.lock"
    build = bench.stamp(workspace, "build", "w2", "--locked", "--output", f"oci:{layout}:bench",
                        cache="update-cache")
    saved = bench.work / "saved"
    forget(saved)
    forget(bench.work / "update-cache")
    forget(layout)
    shutil.copy(bench.workloads.update_lock("before"), lock)
    bench.stage.run(build)
    restore(bench.work / "update-cache", saved / "cache")
    restore(layout, saved / "layout")

    def before():
        restore(saved / "cache", bench.work / "update-cache")
        restore(saved / "layout", layout)
        shutil.copy(bench.workloads.update_lock("after"), lock)

    peers = list(bench.warm_contestants())
    for contestant in peers:
        vary(contestant, GENERATION, itertools.count(time.time_ns()))
    return bench.compete("B4", "w2", [Contestant("stamp", build, before), *peers])


def uncompressed_layer(layout, to):
    """Writes the uncompressed bytes of an image's first layer."""
    def document(descriptor):
        return json.loads((layout / "blobs" / descriptor["digest"].replace(":", "/")).read_text())

    found = json.loads((layout / "index.json").read_text())["manifests"][0]
    while "manifests" in (found_document := document(found)):
        found = found_document["manifests"][0]
    blob = layout / "blobs" / found_document["layers"][0]["digest"].replace(":", "/")
    with open(to, "wb") as out:
        subprocess.run(["zstd", "-dc", blob], stdout=out, check=True)


def reassemble(bench):
    """W2 without one leaf package, all its segments stored → its layer, in the cache; against one
    SHA-256 over the layer's uncompressed bytes."""
    saved, cache, layout = bench.work / "saved", "update-cache", bench.work / "layout"
    forget(saved)
    forget(bench.work / cache)
    forget(layout)
    bench.stage.run(bench.stamp(bench.workloads.main, "build", "w2", "--locked", cache=cache))
    restore(bench.work / cache, saved)
    build = bench.stamp(bench.workloads.main, "build", "w2-less", "--locked", cache=cache)
    bench.stage.run([*build, "--output", f"oci:{layout}:bench"])
    tar = bench.work / "layer.tar"
    uncompressed_layer(layout, tar)
    results = bench.compete("reassembly", "w2", [
        Contestant("stamp", build, lambda: restore(saved, bench.work / cache)),
        Contestant("limit", ["openssl", "dgst", "-sha256", tar])])
    tar.unlink()
    return results


def apt_options(bench):
    """A private apt that has the same indexes, an empty status file and no recommends."""
    folder = bench.work / "apt"
    (folder / "lists/partial").mkdir(parents=True, exist_ok=True)
    (folder / "cache").mkdir(exist_ok=True)
    (folder / "status").write_text("")
    key = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg target=Packages]"
    lines = [f"deb {key} file://{suite.parent.parent} {suite.name} main\n"
             for suite in sorted(bench.workloads.mirror.glob("*/dists/*"))]
    (folder / "sources.list").write_text("".join(lines))
    options = {"Dir::Etc::SourceList": folder / "sources.list", "Dir::Etc::SourceParts": "-",
               "Dir::State::Lists": folder / "lists", "Dir::State::Status": folder / "status",
               "Dir::Cache": folder / "cache", "APT::Install-Recommends": "0", "APT::Sandbox::User": "root",
               "APT::Architecture": "amd64"}
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]


def lock(bench):
    """Resolve W2, indexes cached: `stamp lock` without a lock, against `apt-get -s install`."""
    workspace = bench.work / "lock-workspace"
    forget(workspace)
    shutil.copytree(bench.workloads.main / "w2", workspace / "w2")
    shutil.copy(bench.workloads.main / "stamp.yaml", workspace)
    command = bench.stamp(workspace, "lock", cache="lock-cache")
    unlock = functools.partial((workspace / "w2/stamp.lock").unlink, missing_ok=True)
    apt = ["apt-get", *apt_options(bench)]
    bench.stage.run([*apt, "update"])
    unlock()
    bench.stage.run(command)
    return bench.compete("B8", "w2", [
        Contestant("stamp", command, unlock),
        Contestant("apt-get -s", [*apt, "-s", "install", "ffmpeg", "dumb-init"])])


def evaluate(bench):
    """All packages of an image configured, their segments in the cache → what the scripts of one did."""
    results = []
    for name in ("w2e", "large"):
        explain = bench.stamp(bench.workloads.main, "explain", name, "--package", "base-passwd",
                              cache="evaluate-cache")
        bench.stage.run(explain)
        results += bench.compete("B12", name, [Contestant("stamp", explain)])
    return results


# In the order in which they are run. The names are for --only.
OPERATIONS = {
    "B1": lambda bench: cold(bench, "w2"),
    "B1-others": lambda bench: [result for name in ("w1", "w3", "w4") for result in cold(bench, name)],
    "B1g": lambda bench: cold(bench, "w2g", "B1g"),
    "B1-evaluated": lambda bench: cold(bench, "w2e"),
    "B2": change_text,
    "B3-fleet": nothing_changed_in_the_fleet,
    "B4": change_package,
    "reassembly": reassemble,
    "B5": registry.push,
    "B6": registry.push_again,
    "B7": registry.pull,
    "B8": lock,
    "B12": evaluate,
    "B13": pin.check,
}
TARGETS = {
    ("B1", "w2"): "1.2 × limit; 3.5 × faster than BuildKit, 5.5 × than buildah, mmdebstrap; 56 MiB",
    ("B1g", "w2g"): "1.7 × limit",
    ("B1", "w2e"): "1.2 × limit; 56 MiB",
    ("B2", "w2"): "0.030 s",
    ("B3", "w2"): "0.015 s",
    ("B3", "fleet"): "0.015 s",
    ("B4", "w2"): "0.8 s",
    ("reassembly", "w2"): "2 × limit",
    ("B5", "w2"): "1.1 × limit, crane; 16 MiB",
    ("B6", "w2"): "0.010 s beyond limit",
    ("B7", "w2"): "1.1 × limit; 16 MiB",
    ("B8", "w2"): "1.5 × apt-get",
    ("B12", "w2e"): "0.03 s; 56 MiB",
    ("B12", "large"): "0.3 s; 80 MiB",
    ("B13", "own"): "4 × limit; 0.4 s; 48 MiB",
    ("B13", "all"): "2 s; 48 MiB",
}
