"""The inputs: workspaces, their locks, mirrors of what the locks name, archives made here."""

import json
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = """
  debian:
    archive: https://snapshot.debian.org/archive/debian
    suites: [bookworm, bookworm-updates]
    components: [main]
    keyring: /usr/share/keyrings/debian-archive-keyring.gpg
  debian-security:
    archive: https://snapshot.debian.org/archive/debian-security
    suites: [bookworm-security]
    components: [main]
    keyring: /usr/share/keyrings/debian-archive-keyring.gpg
"""
LOCAL_SOURCE = """
  bench:
    archive: file://{folder}
    suites: [bench]
    components: [main]
    keyring: {folder}/key.gpg
"""
W2 = ["ffmpeg", "dumb-init"]
PACKAGES = {
    "w2": W2,
    "w3": ["dumb-init", "iproute2", "nftables", "containernetworking-plugins"],
    "w4": ["ceph-common", "python3"],
    "w2-less": W2[:1],  # every segment of it is one of w2's
}
# Configured, with the essential set. The large one is that of tests/debian/configured.py.
CONFIGURED = {
    "w2e": W2,
    "large": ("openssh-server git restic samba python3 python3-requests ca-certificates tzdata dumb-init "
              "curl iproute2 nftables ceph-common ffmpeg man-db less vim-tiny sudo rsync cron "
              "nginx-light postgresql-client redis-server mariadb-client procps kmod iputils-ping "
              "nfs-ganesha nfs-ganesha-vfs").split(),
}


def recipe(name, packages, essential="false", text=None, scripts="skip"):
    lines = [f"name: {name}", "layers:",
             f"  - packages: {{install: [{', '.join(packages)}], essential: {essential}, scripts: {scripts}}}"]
    if text is not None:
        lines.append(f'  - files: {{/etc/motd: {{text: "{text}\\n"}}}}')
    return "\n".join(lines) + "\n"


def write_workspace(folder, sources, recipes):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stamp.yaml").write_text(
        f"stamp: 1\ndefaults: {{platforms: [linux/amd64]}}\nsources:{sources}", encoding="utf-8")
    for name, text in recipes.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "recipe.yaml").write_text(text, encoding="utf-8")


def locked_packages(lock):
    return json.loads(lock.read_text(encoding="utf-8"))["platforms"]["linux/amd64"]["packages"]


class Workloads:
    """Everything below one folder. prepare() makes what is missing; it is not timed."""

    def __init__(self, scratch, stamp):
        self.scratch = scratch
        self.stamp = stamp
        self.main = scratch / "workspaces/main"     # from Debian's archives
        self.gzip = scratch / "workspaces/gzip"     # w2g, from an archive made here
        self.update = scratch / "workspaces/update"  # w2 with one package that has two versions
        self.fleet = scratch / "workspaces/fleet"   # the project's own recipes
        self.mirror = scratch / "mirror"
        self.settings = scratch / "config"          # XDG_CONFIG_HOME

    def prepare(self):
        self._write_workspaces()
        self._lock(self.main, "lock-cache")
        locks = sorted(self.main.glob("*/stamp.lock"))
        subprocess.run([HERE / "mirror", self.mirror, self.settings / "stamp/config.yaml", *locks], check=True)
        for name in ("w1", "w2", "w2e", "w3", "w4", "base"):
            self._gather(name)
        self._make_peers_archive()
        self._make_gzip_archive()
        self._make_update()

    def folder_of(self, workload):
        return self.gzip if workload == "w2g" else self.main

    def debs(self, name):
        """The folder with a workload's .debs and nothing else."""
        return self.scratch / "debs" / name

    def archive(self, name):
        return self.scratch / "archives" / name

    def update_lock(self, state):
        return self.update / f"{state}.lock"

    def _write_workspaces(self):
        recipes = {name: recipe(name, packages) for name, packages in PACKAGES.items()}
        for name, packages in CONFIGURED.items():
            recipes[name] = recipe(name, packages, "true", scripts="evaluate")
        recipes["base"] = recipe("base", ["apt", "debian-archive-keyring"], "true")
        debug = (HERE.parent / "recipes/debug/recipe.yaml").read_text(encoding="utf-8")
        recipes["w1"] = debug.replace("name: debug", "name: w1", 1)
        recipes["w2-text"] = recipe("w2-text", W2, text="0")
        write_workspace(self.main, SOURCES, recipes)
        write_workspace(self.gzip, LOCAL_SOURCE.format(folder=self.archive("gzip")),
                        {"w2g": recipe("w2g", W2)})
        write_workspace(self.update, SOURCES + LOCAL_SOURCE.format(folder=self.archive("update")).lstrip("\n"),
                        {"w2": recipe("w2", W2)})
        shutil.copytree(HERE.parent / "recipes", self.fleet, dirs_exist_ok=True)

    def _lock(self, workspace, cache, *options, environment=None):
        subprocess.run([self.stamp, "-C", workspace, "--cache", self.scratch / cache, "--progress", "plain",
                        "lock", *options], check=True, stdout=subprocess.DEVNULL, env=environment)

    def _lock_offline(self, workspace, *options):
        self._lock(workspace, "lock-cache", *options,
                   environment={**os.environ, "XDG_CONFIG_HOME": str(self.settings)})

    def _gather(self, name):
        shutil.rmtree(self.debs(name), ignore_errors=True)
        self.debs(name).mkdir(parents=True)
        for package in locked_packages(self.main / name / "stamp.lock"):
            found = [root / package["path"] for root in self.mirror.iterdir()
                     if (root / package["path"]).is_file()]
            os.link(found[0], self.debs(name) / pathlib.Path(package["path"]).name)

    def _make_archive(self, name, debs):
        pool = self.archive(name) / "pool"
        pool.mkdir(parents=True, exist_ok=True)
        for deb in debs:
            if not (pool / deb.name).exists():
                os.link(deb, pool / deb.name)
        subprocess.run([HERE / "archive", self.archive(name)], check=True)

    def _make_peers_archive(self):
        shutil.rmtree(self.archive("peers"), ignore_errors=True)
        self._make_archive("peers", [*self.debs("w2").glob("*.deb"), *self.debs("base").glob("*.deb")])

    def _make_gzip_archive(self):
        subprocess.run([HERE / "repack", "gzip", self.debs("w2"), self.debs("w2g")], check=True)
        self._make_archive("gzip", self.debs("w2g").glob("*.deb"))
        self._lock_offline(self.gzip)

    def _make_update(self):
        """Two locks of w2: dumb-init in two versions of ours, both newer than Debian's."""
        if self.update_lock("after").exists():
            return
        dumb_init = next(self.debs("w2").glob("dumb-init_*.deb"))
        pool = self.archive("update") / "pool"
        for state, version in (("before", "99-1"), ("after", "99-2")):
            subprocess.run([HERE / "repack", "version", dumb_init, version, pool], check=True)
            subprocess.run([HERE / "archive", self.archive("update")], check=True)
            self._lock_offline(self.update, "--update")
            shutil.copy(self.update / "w2/stamp.lock", self.update_lock(state))
