#!/usr/bin/env python3
"""The JSON Schemas of docs/schema say of the examples what the parsers say (examples_test.cpp), and
nothing against the examples in the documents.

usage: schemas.py        Exit code 77: skipped, with the reason.
"""

import json
import pathlib
import re
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing} (packages python3-jsonschema, python3-yaml)")
    sys.exit(77)

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2's core schema: what stamp reads, without the dates and sexagesimals of YAML 1.1."""

    yaml_implicit_resolvers = {}


for tag, pattern in [("null", r"~|null|Null|NULL|"), ("bool", r"true|True|TRUE|false|False|FALSE"),
                     ("int", r"[-+]?[0-9]+"),
                     ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")]:
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^({pattern})$"), None)


def load(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yaml":
        return yaml.load(text, CoreLoader)
    return json.loads(text)


def documented():
    """(document, kind, example) for each YAML and JSON example of README.md and docs/formats.md."""
    for name in ["README.md", "docs/formats.md"]:
        text = (ROOT / name).read_text(encoding="utf-8").replace("sha256:…", "sha256:" + 64 * "0")
        for block in re.findall(r"^```(?:yaml|json)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            example = yaml.load(block, CoreLoader)
            kinds = [kind for key, kind in [("stamp", "stamp"), ("layers", "recipe"),
                                            ("mirrors", "config"), ("format", "pins-lock"),
                                            ("images", "build-result")]
                     if key in example]
            yield name, kinds[0], example


def main():
    faults = []
    count = 0
    for schema_path in sorted((ROOT / "docs/schema").glob("*.schema.json")):
        schema = json.loads(schema_path.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        kind = schema_path.name.split(".")[0]
        for name, of_kind, example in documented():
            if of_kind == kind:
                count += 1
                faults += [f"{name}: {error.message}" for error in validator.iter_errors(example)]
        for wanted in ["good", "bad"]:
            files = sorted((HERE / "examples" / kind / wanted).iterdir())
            if kind == "lock" and wanted == "good":
                files += sorted((ROOT / "recipes").glob("*/stamp.lock"))
            if kind == "recipe" and wanted == "good":
                files += sorted((ROOT / "recipes").glob("*/recipe.yaml"))
            if kind == "stamp" and wanted == "good":
                files.append(ROOT / "recipes/stamp.yaml")
            if not files:
                faults.append(f"{kind}: no {wanted} examples")
            for path in files:
                count += 1
                errors = [error.message for error in validator.iter_errors(load(path))]
                if bool(errors) != (wanted == "bad"):
                    faults.append(f"{path.relative_to(ROOT)}: {errors or 'accepted'}")
    print("\n".join(faults) if faults else f"{count} examples")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
