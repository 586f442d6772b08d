#!/usr/bin/env python3
"""Exports dashboards, folders and data sources of a Grafana to a folder, then runs `restic backup`.

The folder holds one file for each object, named by its uid: dashboards/UID.json, folders/UID.json,
datasources/UID.json, with sorted keys, so that two exports of the same state are equal. An export
that fails leaves the last one as it was. Passwords and tokens of data sources are never written.

environment:
  GRAFANA_URL          address of Grafana, for example https://grafana.example
  GRAFANA_TOKEN        token of a service account with the role Viewer (Admin for data sources), or
  GRAFANA_TOKEN_FILE   a file that holds it
  GRAFANA_CA_FILE      certificates that Grafana's is checked against (default: the system's)
  GRAFANA_TIMEOUT      seconds to wait for an answer (default: 30)
  BACKUP_FOLDER        where the export goes (default: /var/lib/grafana-backup/export)
  BACKUP_TAG           tag of the snapshot (default: grafana)
  RESTIC_REPOSITORY    restic's repository, with restic's other variables (RESTIC_PASSWORD_FILE …);
                       not set: export only

exit codes: 0 done; 1 failed; 2 wrong settings.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

import requests
import requests.adapters
import urllib3.util

UID = re.compile(r"[A-Za-z0-9_-]{1,128}")
PAGE = 1000
# Fields of a data source that hold secrets, or did in older versions of Grafana.
SECRET_FIELDS = ("password", "basicAuthPassword", "secureJsonData")


class Failure(Exception):
    """Something that ends the program with its text as the message."""


class WrongSettings(Failure):
    """A setting that is missing or makes no sense."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the environment says."""

    url: str
    token: str
    folder: pathlib.Path
    ca_file: str | None = None
    timeout: float = 30.0
    tag: str = "grafana"
    repository: str | None = None

    @staticmethod
    def from_environment(environment):
        """Reads the variables of the module's text. Raises WrongSettings."""
        url = environment.get("GRAFANA_URL", "").rstrip("/")
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise WrongSettings("GRAFANA_URL is not set to an http or https address")
        try:
            timeout = float(environment.get("GRAFANA_TIMEOUT", "30"))
        except ValueError as error:
            raise WrongSettings("GRAFANA_TIMEOUT is not a number of seconds") from error
        return Settings(
            url=url,
            token=_token(environment),
            folder=pathlib.Path(
                environment.get("BACKUP_FOLDER", "/var/lib/grafana-backup/export")),
            ca_file=environment.get("GRAFANA_CA_FILE") or None,
            timeout=timeout,
            tag=environment.get("BACKUP_TAG", "grafana"),
            repository=environment.get("RESTIC_REPOSITORY") or None)


def _token(environment):
    if environment.get("GRAFANA_TOKEN"):
        return environment["GRAFANA_TOKEN"].strip()
    path = environment.get("GRAFANA_TOKEN_FILE")
    if not path:
        raise WrongSettings("neither GRAFANA_TOKEN nor GRAFANA_TOKEN_FILE is set")
    try:
        return pathlib.Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise WrongSettings(f"cannot read '{path}': {error.strerror}") from error


class Grafana:
    """The part of Grafana's HTTP API that an export needs."""

    def __init__(self, settings):
        self._url = settings.url
        self._timeout = settings.timeout
        self._session = requests.Session()
        self._session.headers.update(
            {"Authorization": f"Bearer {settings.token}", "Accept": "application/json"})
        self._session.trust_env = False  # no ~/.netrc in place of the token
        self._session.verify = settings.ca_file or True
        retry = urllib3.util.Retry(total=4, backoff_factor=0.5, allowed_methods=("GET",),
                                   status_forcelist=(429, 502, 503, 504), raise_on_status=False)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, requests.adapters.HTTPAdapter(max_retries=retry))

    def folders(self):
        """Every folder, those inside others included."""
        parents = [None]
        while parents:
            parent = parents.pop(0)
            for found in self._pages("/api/folders", {"parentUid": parent} if parent else {}):
                yield self._get(f"/api/folders/{_uid(found)}")
                parents.append(_uid(found))

    def dashboards(self):
        """Every dashboard, with its folder; what only this installation knows is left out."""
        for found in self._pages("/api/search", {"type": "dash-db"}):
            answer = self._get(f"/api/dashboards/uid/{_uid(found)}")
            dashboard = dict(answer["dashboard"])
            dashboard.pop("id", None)
            yield {"uid": _uid(found), "folderUid": answer.get("meta", {}).get("folderUid", ""),
                   "dashboard": dashboard}

    def datasources(self):
        """Every data source, without its secrets."""
        for source in self._get("/api/datasources"):
            yield without_secrets(source)

    def _pages(self, path, parameters):
        page, found = 1, None
        while found is None or len(found) == PAGE:
            found = self._get(path, {**parameters, "limit": PAGE, "page": page})
            yield from found
            page += 1

    def _get(self, path, parameters=None):
        try:
            answer = self._session.get(self._url + path, params=parameters, timeout=self._timeout,
                                       allow_redirects=False)
        except requests.RequestException as error:
            raise Failure(f"cannot reach Grafana at {self._url}: {error}") from error
        if answer.status_code != 200:
            raise Failure(f"GET {path}: Grafana answered {answer.status_code} {answer.reason}")
        try:
            return answer.json()
        except requests.JSONDecodeError as error:
            raise Failure(f"GET {path}: the answer is not JSON") from error


def _uid(item):
    """The uid of an object, safe as a file name. Raises Failure."""
    uid = item.get("uid", "")
    if not UID.fullmatch(uid):
        raise Failure(f"Grafana named an object {uid!r}, which is no uid")
    return uid


def without_secrets(source):
    """A data source as it may be written to disk."""
    kept = {key: value for key, value in source.items() if key not in SECRET_FIELDS}
    parts = urllib.parse.urlsplit(kept.get("url") or "")
    if parts.password is not None:
        host = parts.netloc.rpartition("@")[2]
        kept["url"] = parts._replace(netloc=f"{parts.username}@{host}").geturl()
    return kept


def export(grafana, folder):
    """Puts everything into `folder`, in place of what was there; returns how many of each kind."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as staging:
        fresh = pathlib.Path(staging, "new")
        counts = {}
        for kind, items in (("folders", grafana.folders()), ("dashboards", grafana.dashboards()),
                            ("datasources", grafana.datasources())):
            (fresh / kind).mkdir(parents=True)
            counts[kind] = 0
            for item in items:
                text = json.dumps(item, indent=2, sort_keys=True, ensure_ascii=False)
                (fresh / kind / f"{_uid(item)}.json").write_text(text + "\n", encoding="utf-8")
                counts[kind] += 1
        if folder.exists():
            folder.rename(pathlib.Path(staging, "old"))
        fresh.rename(folder)
        return counts


def restic(settings):
    """Adds the folder to the repository as a new snapshot."""
    command = ["restic", "backup", "--tag", settings.tag, "."]
    try:
        # relative to the folder, so that a restore puts the files where one asks for
        done = subprocess.run(command, cwd=settings.folder, stdin=subprocess.DEVNULL, check=False)
    except FileNotFoundError as error:
        raise Failure("cannot run restic: it is not installed") from error
    if done.returncode != 0:
        raise Failure(f"restic backup ended with {done.returncode}")


def run(environment):
    """Export and backup, as the environment says."""
    settings = Settings.from_environment(environment)
    counts = export(Grafana(settings), settings.folder)
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()), flush=True)
    if settings.repository:
        restic(settings)


def main():
    """Parses the command line, runs, and turns failures into exit codes."""
    summary, _, details = __doc__.partition("\n\n")
    argparse.ArgumentParser(prog="grafana-backup", description=summary, epilog=details,
                            formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    try:
        run(os.environ)
    except Failure as error:
        print(f"grafana-backup: {error}", file=sys.stderr)
        return 2 if isinstance(error, WrongSettings) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
