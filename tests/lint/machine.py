#!/usr/bin/env python3
"""Nothing in the tree tells on which machine it was written: its paths, its package mirrors."""

import os
import pathlib
import re

import lint

# What recipes and loopback tests name; everything else that a machine's configuration names is its own.
PUBLIC = {"snapshot.debian.org", "localhost", "127.0.0.1", "[::1]"}
URL = re.compile(r"https?://(?:[^/@\s\"']*@)?(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+)")
PATHS = re.compile(rb"(?:^|[^A-Za-z0-9_./$}-])(/(?:work|farm)/[A-Za-z.]|/root/\.?[a-z])")
# Files of root's home folder that Debian packages make in an image.
ROOTS_FILES = re.compile(rb"/root/(?:\.bashrc|\.profile)")


def configuration_texts():
    """The texts in which a machine names its package registries, comments taken out."""
    places = [pathlib.Path("/etc/apt/sources.list"), pathlib.Path("/etc/pip.conf"),
              pathlib.Path("/etc/npmrc")]
    places += sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))
    places += sorted(pathlib.Path("/etc/apt/apt.conf.d").glob("*"))
    for home in {os.environ.get("HOME", "/nonexistent"), os.path.expanduser(f"~{_user()}")}:
        places += [pathlib.Path(home, name) for name in
                   (".pip/pip.conf", ".config/pip/pip.conf", ".npmrc", ".config/go/env",
                    ".cargo/config.toml", ".cargo/config")]
    for place in places:
        try:
            lines = place.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        yield "\n".join(line for line in lines if not line.lstrip().startswith(("#", ";", "//")))
    for name, value in os.environ.items():
        if re.fullmatch(r"(?i)(pip|npm_config|go|uv|cargo)_?\w*(index|registry|proxy|url|links)\w*", name):
            yield value


def _user():
    try:
        import pwd  # not on every system
        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return ""


def registry_hosts(texts):
    """The hosts that the texts name, but those that everybody names."""
    return sorted({host.lower() for text in texts for host in URL.findall(text)} - PUBLIC)


def check(root, texts=None):
    hosts = [host.encode() for host in registry_hosts(configuration_texts() if texts is None else texts)]
    own_folder = str(root).encode() if len(root.parts) > 2 else None
    for path in lint.files(root):
        content = (root / path).read_bytes()
        for number, line in enumerate(content.split(b"\n"), 1):
            where = f"{path.as_posix()}:{number}"
            if any(host in line.lower() for host in hosts):
                yield f"{where}: the host of a package registry of this machine"
            match = PATHS.search(ROOTS_FILES.sub(b"", line))
            if match and path.name != "machine.py":
                yield f"{where}: a path of a machine: {match.group(1).decode()}…"
            elif own_folder and own_folder in line:
                yield f"{where}: the folder of this checkout"


def check_planted(root):
    return check(root, ["deb http://apt.mirror.example/debian bookworm main\n",
                        "index-url = https://user:word@pip.mirror.example:8080/simple\n"])


PLANTED = [
    ("a clean tree", {"a.txt": "https://snapshot.debian.org/archive and /usr/work/x, /root/.bashrc\n"}, []),
    ("an apt mirror", {"a.txt": "x\nhttp://apt.mirror.example/debian\n"},
     ["a.txt:2: the host of a package registry of this machine"]),
    ("a pip mirror, in a file that is no text", {"a.bin": b"\xff\x00PIP.mirror.example\x00"},
     ["a.bin:1: the host of a package registry of this machine"]),
    ("a path", {"a.sh": "cd /" + "work/main\n"}, ["a.sh:1: a path of a machine: /" + "work/m…"]),
    ("root's home", {"a.sh": "cd /" + "root/src\n"}, ["a.sh:1: a path of a machine: /" + "root/s…"]),
]

if __name__ == "__main__":
    lint.main(lambda root: check_planted(root) if root != lint.ROOT else check(root), PLANTED)
