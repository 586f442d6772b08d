"""References in manifests: a tree of 5,000 files, with grep looking for one string in it as the limit."""

import json
import shutil
import sys

from measure import Contestant
from registry import TOOLS

FILES = 5000
OWN = 50  # files that name the workspace's image
SIZE = 10_000  # bytes of a file, about
HOST = "registry.example"
KUSTOMIZE = TOOLS / "kustomize"
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{number}
  namespace: bench
  labels: {{app: web, tier: "front"}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app: web}}
  template:
    metadata:
      labels: {{app: web}}
    spec:
      containers:
        - name: web # {number}
          image: {image}
          args: ["--listen=:8080", "--log=json"]
          env:
            - name: SETTING
              value: "a text that somebody wrote, with words in it"
            - {{name: OTHER, valueFrom: {{configMapKeyRef: {{name: web, key: other}}}}}}
          ports: [{{containerPort: 8080, name: http}}]
          resources:
            limits: {{cpu: 500m, memory: 128Mi}}
"""
CONFIG = """apiVersion: v1
kind: ConfigMap
metadata:
  name: web-{number}-{part}
data:
  settings.ini: |
    [web]
    listen = :8080
    words = nothing that names an image, only lines that are there to be read
  mode: production
"""
KUSTOMIZATION = """# written by hand
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: []
images:
  - name: {image}
    newTag: latest # the newest
"""


def manifest(number, image):
    documents = [DEPLOYMENT.format(number=number, image=image)]
    while sum(map(len, documents)) < SIZE:
        documents.append(CONFIG.format(number=number, part=len(documents)))
    return "---\n".join(documents)


def workspace_and_tree(bench):
    """A workspace with one recipe that is built, and manifests that are pinned."""
    workspace = bench.work / "pin"
    shutil.rmtree(workspace, ignore_errors=True)
    (workspace / "app").mkdir(parents=True)
    (workspace / "stamp.yaml").write_text(f'stamp: 1\npublish: {{repository: "{HOST}/home/{{name}}"}}\n', encoding="utf-8")
    (workspace / "app/recipe.yaml").write_text('name: app\nlayers:\n  - files: {/a: {text: "a"}}\n', encoding="utf-8")
    bench.stage.run(bench.stamp(workspace, "build", cache="pin-cache"))
    digest = json.loads((workspace / "app/stamp.lock").read_text(encoding="utf-8"))["result"]["digest"]
    other = "sha256:" + "0123456789abcdef" * 4
    every = FILES // OWN
    pins = []
    for number in range(FILES):
        name = f"{HOST}/other/image{number}:1.{number}"
        image = f"{HOST}/home/app:latest@{digest}" if number % every == 0 else f"{name}@{other}"
        if number % every:
            pins.append((name, other))
        path = workspace / f"tree/apps{number % 40}/part{number % 7}/app{number}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(manifest(number, image), encoding="utf-8")
    lines = ",\n".join(f'    {{"image": "{name}", "digest": "{pin}"}}' for name, pin in sorted(pins))
    (workspace / "pins.lock").write_text(f'{{\n  "format": 1,\n  "images": [\n{lines}\n  ]\n}}\n', encoding="utf-8")
    return workspace


def kustomizations(bench, workspace):
    """The same change in 50 kustomizations, of which each is whole and synced before stamp says so. kustomize is
    told the digest, once for each folder: it has no other way."""
    tree = workspace / "kustomizations"

    def restore():
        shutil.rmtree(tree, ignore_errors=True)
        for number in range(OWN):
            folder = tree / f"app{number}"
            folder.mkdir(parents=True)
            (folder / "kustomization.yaml").write_text(KUSTOMIZATION.format(image=f"{HOST}/home/app"), encoding="utf-8")

    contestants = [Contestant("stamp", bench.stamp(workspace, "pin", "--offline", tree, cache="pin-cache"), restore)]
    if KUSTOMIZE.exists():
        each = 'for folder in "$2"/*/; do (cd "$folder" && "$0" edit set image "$1"); done'
        image = f"{HOST}/home/app:latest@sha256:{'0123456789abcdef' * 4}"
        contestants.append(Contestant("kustomize", ["bash", "-c", each, KUSTOMIZE, image, tree], restore))
    else:
        print(f"kustomize: left out: needs {KUSTOMIZE}, which scripts/interop builds", file=sys.stderr)
    return bench.compete("B13", "kustomizations", contestants)


def check(bench):
    """All is pinned: `stamp pin --check` of the workspace's images, and of all; and then a change."""
    workspace = workspace_and_tree(bench)
    tree = workspace / "tree"
    own = bench.stamp(workspace, "pin", "--check", tree, cache="pin-cache")
    limit = Contestant("limit", ["bash", "-c", '! grep -rF "$0" "$1"', f"{HOST}/home/nothing", tree])
    return (bench.compete("B13", "own", [Contestant("stamp", own), limit])
            + bench.compete("B13", "all", [Contestant("stamp", [*own, "--all"]), limit])
            + kustomizations(bench, workspace))
