"""Operations with a registry on loopback: push and pull of W2, with curl moving the same blobs as the limit."""

import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import time

from measure import Contestant

TOOLS = pathlib.Path(__file__).resolve().parent.parent / "tests/interop/bin"  # scripts/interop builds them
PUSH_LIMIT = r"""
for blob in {blobs}; do
  place=$(curl -sS -o /dev/null -D - -X POST {repository}/blobs/uploads/ | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  printf 'upload-file = "%s"\nurl = "%s&digest=sha256:%s"\noutput = "/dev/null"\n' "$blob" "$place" "$(basename "$blob")"
done | curl -sS --fail --parallel --no-progress-meter -H 'Content-Type: application/octet-stream' --config -
"""
PULL_LIMIT = r"""
for blob in {blobs}; do
  printf 'url = "%s/blobs/sha256:%s"\noutput = "%s"\n' {repository} "$(basename "$blob")" {folder}/"$(basename "$blob")"
done | curl -sS --fail --parallel --no-progress-meter --config -
sync -f {folder}
"""


@contextlib.contextmanager
def docker_registry(folder):
    """Debian's registry with its storage there; the address."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{one.getsockname()[1]}"
    config = folder / "config.yml"
    config.write_text(f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
                      f"storage: {{filesystem: {{rootdirectory: {folder}/storage}}}}\nhttp: {{addr: {host}}}\n")
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(["docker-registry", "serve", config], stdout=log, stderr=log)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(host.split(":")[1]))):
                yield host
                return
            time.sleep(0.1)
        raise RuntimeError("docker-registry does not start")
    finally:
        server.kill()
        server.wait()


def blobs_of(layout):
    """The files of an image's config and layers."""
    def path(descriptor):
        return layout / "blobs" / descriptor["digest"].replace(":", "/")

    found = json.loads((layout / "index.json").read_text())["manifests"][0]
    while "manifests" in (document := json.loads(path(found).read_text())):
        found = document["manifests"][0]
    return [path(descriptor) for descriptor in [document["config"], *document["layers"]]]


def skopeo(*arguments):
    return ["skopeo", "--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests", "--src-tls-verify=false",
            "--dest-tls-verify=false", *arguments]


class Ends:
    """The two ends of a transfer, and each tool's command between them."""

    def __init__(self, bench, host, layout):
        self.bench = bench
        self.host = host
        self.layout = layout
        self.there = f"{host}/w2:bench"
        self.storage = bench.work / "registry/storage"

    def stamp(self, *ends):
        return [self.bench.workloads.stamp, "--quiet", "--progress", "plain", "copy", *ends]

    def peers(self, way):
        """(name, command) of those that are here. `way`: push, or pull into a layout."""
        here = f"oci:{self.layout}:bench"
        ends = [here, f"docker://{self.there}"]
        found = []
        if shutil.which("skopeo"):
            found.append(("skopeo", skopeo(*(ends if way == "push" else reversed(ends)))))
        if (TOOLS / "crane").exists():
            more = ["push", "--insecure", "--index", self.layout, self.there] if way == "push" else [
                "pull", "--insecure", "--format", "oci", self.there, self.layout]
            found.append(("crane", [TOOLS / "crane", *more]))
        if (TOOLS / "regctl").exists():
            ends = [f"ocidir://{self.layout}:bench", self.there]
            found.append(("regctl", [TOOLS / "regctl", "--host", f"reg={self.host},tls=disabled", "image", "copy",
                                     *(ends if way == "push" else reversed(ends))]))
        return found


@contextlib.contextmanager
def image_and_registry(bench):
    """W2 as a layout, and an empty registry."""
    layout = bench.work / "registry-layout"
    shutil.rmtree(layout, ignore_errors=True)
    shutil.rmtree(bench.work / "registry", ignore_errors=True)
    bench.stage.run(bench.stamp(bench.workloads.main, "build", "w2", "--locked", "--output", f"oci:{layout}:bench"))
    with docker_registry(bench.work / "registry") as host:
        yield Ends(bench, host, layout)


def push(bench):
    """W2 from a layout to an empty registry."""
    with image_and_registry(bench) as ends:
        def empty():
            shutil.rmtree(ends.storage, ignore_errors=True)

        here = [f"oci:{ends.layout}:bench", f"docker://{ends.there}"]
        limit = PUSH_LIMIT.format(repository=f"http://{ends.host}/v2/w2", blobs=" ".join(map(str, blobs_of(ends.layout))))
        return bench.compete("B5", "w2", [
            Contestant("stamp", ends.stamp(*here), empty),
            Contestant("limit", ["bash", "-euo", "pipefail", "-c", limit], empty),
            *[Contestant(name, command, empty) for name, command in ends.peers("push")]])


def push_again(bench):
    """W2 built and in the registry; nothing has changed. The limit is the start of the program."""
    with image_and_registry(bench) as ends:
        build = bench.stamp(bench.workloads.main, "push", "w2", "--locked", "--to", ends.there.replace(":bench", ""))
        copy = ends.stamp(f"oci:{ends.layout}:bench", f"docker://{ends.there}")
        bench.stage.run(build)
        bench.stage.run(copy)
        return bench.compete("B6", "w2", [
            Contestant("stamp", copy), Contestant("stamp push", build),
            Contestant("limit", [bench.workloads.stamp, "--version"]),
            *[Contestant(name, command) for name, command in ends.peers("push")]])


def pull(bench):
    """W2 from a registry into a layout: verified, on the disk."""
    with image_and_registry(bench) as ends:
        bench.stage.run(ends.stamp(f"oci:{ends.layout}:bench", f"docker://{ends.there}"))
        names = " ".join(path.name for path in blobs_of(ends.layout))
        ends.layout = bench.work / "pulled"

        def empty():
            shutil.rmtree(ends.layout, ignore_errors=True)

        def empty_folder():
            empty()
            ends.layout.mkdir()

        limit = PULL_LIMIT.format(repository=f"http://{ends.host}/v2/w2", blobs=names, folder=ends.layout)
        return bench.compete("B7", "w2", [
            Contestant("stamp", ends.stamp(f"docker://{ends.there}", f"oci:{ends.layout}:bench"), empty),
            Contestant("limit", ["bash", "-euo", "pipefail", "-c", limit], empty_folder),
            *[Contestant(name, command, empty) for name, command in ends.peers("pull")]])
