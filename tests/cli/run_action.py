#!/usr/bin/env python3
"""Runs the steps of a composite action as GitHub's runner does, as far as ours needs it: inputs and
outputs of steps in `env`, `if: inputs.NAME != ''`, `run` in bash.

usage: run_action.py ACTION NAME=VALUE…        Prints the action's outputs, NAME=VALUE a line.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml


def main():
    path = pathlib.Path(sys.argv[1]).resolve()
    action = yaml.safe_load(path.read_text(encoding="utf-8"))
    given = dict(word.split("=", 1) for word in sys.argv[2:])
    unknown = set(given) - set(action["inputs"])
    if unknown:
        sys.exit(f"no such input: {', '.join(sorted(unknown))}")
    values = {"github.action_path": str(path.parent)}
    for name, declared in action["inputs"].items():
        values[f"inputs.{name}"] = given.get(name, declared["default"])

    def fill(text):
        return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values.get(found[1], ""), text)

    for step in action["runs"]["steps"]:
        condition = re.fullmatch(r"(\S+) != ''", step.get("if", "'x' != ''"))
        if values.get(condition[1], "x") == "":
            continue
        with tempfile.NamedTemporaryFile(mode="r", encoding="utf-8") as output:
            environment = {name: fill(text) for name, text in step.get("env", {}).items()}
            subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                           env={**os.environ, **environment, "GITHUB_OUTPUT": output.name}, check=True)
            for line in output.read().splitlines():
                name, _, value = line.partition("=")
                values[f"steps.{step.get('id', '')}.outputs.{name}"] = value
    for name, declared in action["outputs"].items():
        print(f"{name}={fill(declared['value'])}")


if __name__ == "__main__":
    main()
