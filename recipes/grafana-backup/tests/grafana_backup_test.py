#!/usr/bin/env python3
"""Tests of grafana_backup.py against a small Grafana on loopback and, where it is there, restic."""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE.parent / "grafana_backup.py"
sys.path.insert(0, str(HERE.parent))
import grafana_backup  # noqa: E402

TOKEN = "token-of-the-tests"


class FakeGrafana(http.server.ThreadingHTTPServer):
    """Answers as Grafana 10 does, as far as an export asks."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folders = {None: [{"uid": "ops", "title": "Operations"}],
                        "ops": [{"uid": "disks", "title": "Disks", "parentUid": "ops"}]}
        self.dashboards = {"d1": "ops", "d2": ""}
        self.datasources = [{
            "uid": "prom", "name": "Prometheus", "type": "prometheus", "password": "secret-1",
            "basicAuthPassword": "secret-2", "secureJsonData": {"token": "secret-3"},
            "secureJsonFields": {"token": True}, "url": "http://me:secret-4@prometheus:9090/x"}]
        self.failures = []  # statuses that the next requests get
        self.requests = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path, query):
        """Status and document for a GET."""
        parts = path.strip("/").split("/")
        first = (int(query.get("page", 1)) - 1) * int(query.get("limit", 1000))
        last = first + int(query.get("limit", 1000))
        if path == "/api/folders":
            return 200, self.folders.get(query.get("parentUid"), [])[first:last]
        if path == "/api/search":
            return 200, [{"uid": uid} for uid in self.dashboards][first:last]
        if path == "/api/datasources":
            return 200, self.datasources
        if parts[:2] == ["api", "folders"]:
            everyone = [folder for folders in self.folders.values() for folder in folders]
            return 200, next(folder for folder in everyone if folder["uid"] == parts[2])
        if parts[:3] == ["api", "dashboards", "uid"] and parts[3] in self.dashboards:
            return 200, {"dashboard": {"id": 7, "uid": parts[3], "title": "Größe"},
                         "meta": {"folderUid": self.dashboards[parts[3]], "updatedBy": "x"}}
        return 404, {"message": "not found"}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name
        url = urllib.parse.urlsplit(self.path)
        self.server.requests.append(self.path)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            status, document = 401, {"message": "Unauthorized"}
        elif self.server.failures:
            status, document = self.server.failures.pop(0), {}
        else:
            status, document = self.server.answer(url.path, dict(urllib.parse.parse_qsl(url.query)))
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class GrafanaBackup(unittest.TestCase):
    def setUp(self):
        self.grafana = FakeGrafana()
        self.addCleanup(self.grafana.server_close)
        self.addCleanup(self.grafana.shutdown)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        self.folder = self.top / "export"
        self.environment = {"GRAFANA_URL": self.grafana.url + "/", "GRAFANA_TOKEN": TOKEN,
                            "BACKUP_FOLDER": str(self.folder), "PATH": os.environ["PATH"],
                            "HOME": str(self.top)}

    def run_program(self, *arguments, **environment):
        return subprocess.run([sys.executable, "-B", PROGRAM, *arguments], check=False,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env={**self.environment, **environment})

    def exported(self):
        return {str(path.relative_to(self.folder)): json.loads(path.read_text(encoding="utf-8"))
                for path in sorted(self.folder.rglob("*.json"))}

    def test_help_names_every_variable(self):
        done = self.run_program("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for name in ("GRAFANA_URL", "GRAFANA_TOKEN_FILE", "BACKUP_FOLDER", "RESTIC_REPOSITORY"):
            self.assertIn(name, done.stdout)

    def test_exports_everything_by_uid(self):
        done = self.run_program()
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, "2 folders, 2 dashboards, 1 datasources\n", ""))
        found = self.exported()
        self.assertEqual(list(found), ["dashboards/d1.json", "dashboards/d2.json",
                                       "datasources/prom.json", "folders/disks.json",
                                       "folders/ops.json"])
        self.assertEqual(found["dashboards/d1.json"],
                         {"uid": "d1", "folderUid": "ops",
                          "dashboard": {"uid": "d1", "title": "Größe"}})
        self.assertEqual(found["folders/disks.json"]["parentUid"], "ops")

    def test_no_secret_of_a_data_source_is_written(self):
        self.assertEqual(self.run_program().returncode, 0)
        text = (self.folder / "datasources/prom.json").read_text(encoding="utf-8")
        self.assertNotIn("secret-", text)
        self.assertIn('"url": "http://me@prometheus:9090/x"', text)

    def test_an_object_that_is_gone_leaves_the_export(self):
        self.assertEqual(self.run_program().returncode, 0)
        del self.grafana.dashboards["d2"]
        self.assertEqual(self.run_program().returncode, 0)
        self.assertNotIn("dashboards/d2.json", self.exported())
        self.assertEqual([path.name for path in self.top.iterdir()], ["export"])

    def test_a_failed_export_keeps_the_last_one(self):
        self.assertEqual(self.run_program().returncode, 0)
        before = self.exported()
        self.grafana.failures = [500]
        done = self.run_program()
        self.assertEqual((done.returncode, done.stderr),
                         (1, "grafana-backup: GET /api/folders: Grafana answered 500 "
                             "Internal Server Error\n"))
        self.assertEqual(self.exported(), before)
        self.assertEqual([path.name for path in self.top.iterdir()], ["export"])

    def test_a_busy_grafana_is_asked_again(self):
        self.grafana.failures = [503, 429]
        self.assertEqual(self.run_program().returncode, 0)

    def test_more_than_one_page(self):
        self.grafana.dashboards = {f"d{number}": "" for number in range(5)}
        page, grafana_backup.PAGE = grafana_backup.PAGE, 2
        try:
            settings = grafana_backup.Settings.from_environment(self.environment)
            found = list(grafana_backup.Grafana(settings).dashboards())
        finally:
            grafana_backup.PAGE = page
        self.assertEqual([item["uid"] for item in found], ["d0", "d1", "d2", "d3", "d4"])

    def test_a_uid_that_is_a_path_is_refused(self):
        self.grafana.dashboards = {"../../etc/x": ""}
        done = self.run_program()
        self.assertEqual((done.returncode, done.stderr),
                         (1, "grafana-backup: Grafana named an object '../../etc/x', "
                             "which is no uid\n"))

    def test_a_wrong_token(self):
        done = self.run_program(GRAFANA_TOKEN="another")
        self.assertEqual((done.returncode, done.stderr),
                         (1, "grafana-backup: GET /api/folders: Grafana answered 401 "
                             "Unauthorized\n"))

    def test_the_token_may_be_in_a_file(self):
        path = self.top / "token"
        path.write_text(TOKEN + "\n", encoding="utf-8")
        done = self.run_program(GRAFANA_TOKEN="", GRAFANA_TOKEN_FILE=str(path))
        self.assertEqual(done.returncode, 0)
        done = self.run_program(GRAFANA_TOKEN="", GRAFANA_TOKEN_FILE="/nonexistent/token")
        self.assertEqual((done.returncode, done.stderr),
                         (2, "grafana-backup: cannot read '/nonexistent/token': "
                             "No such file or directory\n"))

    def test_missing_settings(self):
        done = self.run_program(GRAFANA_URL="")
        self.assertEqual((done.returncode, done.stderr),
                         (2, "grafana-backup: GRAFANA_URL is not set to an http or https "
                             "address\n"))
        done = self.run_program(GRAFANA_TOKEN="")
        self.assertEqual((done.returncode, done.stderr),
                         (2, "grafana-backup: neither GRAFANA_TOKEN nor GRAFANA_TOKEN_FILE is "
                             "set\n"))

    @unittest.skipUnless(shutil.which("restic"), "no restic here")
    def test_restic_keeps_the_export_and_gives_it_back(self):
        restic = {"RESTIC_REPOSITORY": str(self.top / "repository"), "RESTIC_PASSWORD": "x",
                  "RESTIC_CACHE_DIR": str(self.top / "cache")}
        subprocess.run(["restic", "init", "--quiet"], env={**self.environment, **restic},
                       check=True, stdin=subprocess.DEVNULL)
        done = self.run_program(**restic)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        restored = self.top / "restored"
        subprocess.run(["restic", "restore", "latest", "--quiet", "--target", restored],
                       env={**self.environment, **restic}, check=True, stdin=subprocess.DEVNULL)
        self.assertEqual((restored / "folders/ops.json").read_bytes(),
                         (self.folder / "folders/ops.json").read_bytes())

    def test_a_failing_restic_is_a_failure(self):
        done = self.run_program(RESTIC_REPOSITORY="x", PATH="/nonexistent")
        self.assertEqual((done.returncode, done.stderr),
                         (1, "grafana-backup: cannot run restic: it is not installed\n"))


if __name__ == "__main__":
    unittest.main()
