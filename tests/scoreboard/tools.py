"""How each tool moves an image between a registry on loopback and an OCI layout."""

import base64
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
    if case.options.get("tokens"):
        (home / "stamp").mkdir()
        (home / "stamp/config.yaml").write_text(
            f'registries:\n  "{addresses["host"]}": {{token-servers: ["{addresses["tokens"]}"]}}\n', encoding="ascii")
    return {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_CONFIG_HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"), "XDG_RUNTIME_DIR": str(home), "DOCKER_CONFIG": str(home),
            "REGISTRY_AUTH_FILE": str(home / "auth.json"), "LC_ALL": "C.UTF-8", "TMPDIR": str(home)}


def remote(host, case, image):
    return f"{host}/app@{image.digest}" if case.by_digest else f"{host}/app:v1"


def stamp(program):
    def command(direction, there, layout, _host):
        here = f"oci:{layout}:v1"
        ends = [f"docker://{there}", here] if direction == "pull" else [here, f"docker://{there}"]
        return [program, "copy", *ends]
    return command


def skopeo(*more):
    def command(direction, there, layout, _host):
        here = f"oci:{layout}:v1"
        ends = [f"docker://{there}", here] if direction == "pull" else [here, f"docker://{there}"]
        return ["skopeo", "--insecure-policy", "copy", "--preserve-digests", "--src-tls-verify=false",
                "--dest-tls-verify=false", *more, *ends]
    return command


def crane(direction, there, layout, _host):
    if direction == "pull":
        return ["crane", "pull", "--insecure", "--format", "oci", there, str(layout)]
    return ["crane", "push", "--insecure", str(layout), there]


def regctl(direction, there, layout, host):
    here = f"ocidir://{layout}:v1"
    ends = [there, here] if direction == "pull" else [here, there]
    return ["regctl", "--host", f"reg={host},tls=disabled", "image", "copy", *ends]


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
