#!/usr/bin/env python3
"""Actions and workflows: other actions by commit only, permissions said, no text in a command line."""

import re

import yaml

import lint

USES = re.compile(r"^(?:\./.*|[\w.-]+/[\w./-]+@[0-9a-f]{40}|docker://[^@]+@sha256:[0-9a-f]{64})$")


def is_action(path):
    return path.as_posix() == "action.yml" or (
        path.suffix in (".yaml", ".yml") and
        path.parent.as_posix() in (".github/workflows", "docs/examples"))


def check_steps(steps):
    for number, step in enumerate(steps, 1):
        uses = step.get("uses")
        if uses is not None and not USES.match(uses):
            yield f"step {number}: '{uses}' is not named by its commit"
        if "${{" in step.get("run", ""):
            yield f"step {number}: a text goes into a command line; give it by the environment"


def check_workflow(workflow):
    if workflow.get("permissions") != {}:
        yield "no 'permissions: {}' for all jobs"
    events = workflow.get("on", workflow.get(True, {}))  # YAML 1.1 reads the key as a boolean
    if "pull_request_target" in events:
        yield "runs for pull requests of strangers with the repository's rights"
    for name, job in workflow["jobs"].items():
        if not isinstance(job.get("permissions"), dict):
            yield f"job {name}: no permissions"
        if "timeout-minutes" not in job:
            yield f"job {name}: no timeout"
        yield from (f"job {name}: {fault}" for fault in check_steps(job["steps"]))


def check(root):
    for path in lint.files(root):
        if not is_action(path):
            continue
        try:
            documents = list(yaml.safe_load_all(lint.text(root, path)))
        except yaml.YAMLError as error:
            yield f"{path.as_posix()}: {' '.join(str(error).split())}"
            continue
        for document in documents:
            faults = []
            if "jobs" in document:
                faults = check_workflow(document)
            elif "runs" in document:
                faults = check_steps(document["runs"]["steps"])
            yield from (f"{path.as_posix()}: {fault}" for fault in faults)


GOOD = """on: [push]
permissions: {}
jobs:
  a:
    permissions: {contents: write}
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@0123456789012345678901234567890123456789
      - uses: ./here
      - run: make
"""
PLANTED = [
    ("a clean tree", {"docs/examples/a.yaml": GOOD, "docs/examples/b.yaml": "kind: Pod\n",
                      "action.yml": "runs: {steps: [{run: make}]}\n"}, []),
    ("a tag", {"docs/examples/a.yaml": GOOD.replace("@0123456789012345678901234567890123456789", "@v4")},
     ["docs/examples/a.yaml: job a: step 1: 'actions/checkout@v4' is not named by its commit"]),
    ("no permissions", {".github/workflows/a.yml": GOOD.replace("permissions: {}\n", "")
                        .replace("    permissions: {contents: write}\n", "")},
     [".github/workflows/a.yml: no 'permissions: {}' for all jobs",
      ".github/workflows/a.yml: job a: no permissions"]),
    ("no timeout", {"docs/examples/a.yaml": GOOD.replace("    timeout-minutes: 5\n", "")},
     ["docs/examples/a.yaml: job a: no timeout"]),
    ("a text in a command", {"action.yml": "runs: {steps: [{run: 'make ${{ inputs.a }}'}]}\n"},
     ["action.yml: step 1: a text goes into a command line; give it by the environment"]),
    ("rights for strangers", {"docs/examples/a.yaml": GOOD.replace("[push]", "[pull_request_target]")},
     ["docs/examples/a.yaml: runs for pull requests of strangers with the repository's rights"]),
]

if __name__ == "__main__":
    lint.main(check, PLANTED)
