"""How each tool moves an image between a registry on loopback and an OCI layout."""

import base64
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess


def settings(folder, addresses, case):
    """A home folder with the credentials for the registry, in the forms that the tools read."""
    home = pathlib.Path(folder) / "home"
    home.mkdir()
    auths = {}
    if case.signed_in:
        auths[addresses["host"]] = {"auth": base64.b64encode(b"me:secret").decode()}
    for place in ("config.json", "auth.json"):
        (home / place).write_text(json.dumps({"auths": auths}), encoding="ascii")
    of_host = {}
    if case.options.get("tokens"):
        of_host["token-servers"] = [addresses["tokens"]]
    if case.options.get("tls"):
        (home / "ca.crt").write_text(addresses["authority"], encoding="ascii")
        of_host["ca-file"] = str(home / "ca.crt")
    if of_host:
        (home / "stamp").mkdir()
        (home / "stamp/config.yaml").write_text(
            json.dumps({"registries": {addresses["host"]: of_host}}), encoding="ascii")
    return {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_CONFIG_HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"), "XDG_RUNTIME_DIR": str(home), "DOCKER_CONFIG": str(home),
            "REGISTRY_AUTH_FILE": str(home / "auth.json"), "LC_ALL": "C.UTF-8", "TMPDIR": str(home),
            **({"SSL_CERT_FILE": str(home / "ca.crt")} if case.options.get("tls") else {})}


def remote(host, case, image):
    return f"{host}/app@{image.digest}" if case.by_digest else f"{host}/app:v1"


@dataclasses.dataclass
class Way:
    """What a tool is asked to do: from where, to where."""

    case: object
    host: str
    remote: str  # the image in the registry
    layout: pathlib.Path

    def ends(self, registry, folder):
        """Both ends in a tool's own notation; `registry` and `folder` make it of a place."""
        if self.case.direction == "mount":
            return [registry(f"{self.host}/base:v1"), registry(self.remote)]
        both = [registry(self.remote), folder(self.layout)]
        return both if self.case.direction == "pull" else both[::-1]


def stamp(program):
    def command(way):
        more = ["--referrers"] if way.case.referrers else []
        return [program, "copy", *more, *way.ends("docker://{}".format, "oci:{}:v1".format)]
    return command


def skopeo(*more):
    def command(way):
        if way.case.referrers:
            return None
        verify = str(bool(way.case.options.get("tls"))).lower()
        return ["skopeo", "--insecure-policy", "copy", "--preserve-digests", f"--src-tls-verify={verify}",
                f"--dest-tls-verify={verify}", *more, *way.ends("docker://{}".format, "oci:{}:v1".format)]
    return command


def crane(way):
    # Of a registry on loopback it believes that it has no TLS.
    if way.case.referrers or way.case.options.get("tls"):
        return None
    if way.case.direction == "pull":
        return ["crane", "pull", "--insecure", "--format", "oci", way.remote, str(way.layout)]
    return ["crane", "copy" if way.case.direction == "mount" else "push", "--insecure", *way.ends(str, str)]


def regctl(way):
    tls = "enabled" if way.case.options.get("tls") else "disabled"
    more = ["--referrers"] if way.case.referrers else []
    return ["regctl", "--host", f"reg={way.host},tls={tls}", "image", "copy", *more,
            *way.ends(str, "ocidir://{}:v1".format)]


def usable(program):
    """Name → command of each tool that is here."""
    found = {"stamp": stamp(program)}
    if shutil.which("skopeo"):
        found["skopeo"] = skopeo()
        found["skopeo --retry-times 3"] = skopeo("--retry-times", "3")
    for name, command in (("crane", crane), ("regctl", regctl)):
        if shutil.which(name):
            found[name] = command
    return found


def version_of(name, program):
    command = {"stamp": [program, "--version"], "skopeo": ["skopeo", "--version"], "crane": ["crane", "version"],
               "regctl": ["regctl", "version", "--format", "{{.VCSTag}}"]}[name]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return said if name in said else f"{name} {said}"
