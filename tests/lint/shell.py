#!/usr/bin/env python3
"""Shell scripts pass shellcheck and stop at the first failing command."""

import subprocess

import lint


def scripts(root):
    for path in lint.files(root):
        if path.is_relative_to("tests/fuzz/corpus"):
            continue
        first = lint.text(root, path).partition("\n")[0]
        if path.suffix == ".sh" or first in ("#!/usr/bin/env bash", "#!/bin/bash", "#!/bin/sh"):
            yield path, first


def check(root):
    found = list(scripts(root))
    for path, first in found:
        text = lint.text(root, path)
        if first == "#!/usr/bin/env bash" and "\nset -euo pipefail\n" not in text:
            yield f"{path.as_posix()}: no `set -euo pipefail`"
        elif first.startswith("#!") and first != "#!/usr/bin/env bash" and path.parts[0] != "recipes":
            yield f"{path.as_posix()}: begins with {first}, not #!/usr/bin/env bash"
    if not found:
        return
    done = subprocess.run(["shellcheck", "--external-sources", "--format=gcc",
                           *(path.as_posix() for path, _ in found)],
                          cwd=root, check=False, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        yield f"shellcheck: {done.stderr.strip()}"
    yield from done.stdout.splitlines()


GOOD = "#!/usr/bin/env bash\nset -euo pipefail\n"
PLANTED = [
    ("a clean tree", {"scripts/a": GOOD + 'echo "$1"\n'}, []),
    ("an unquoted variable", {"a.sh": GOOD + "rm $1\n"},
     ["a.sh:3:4: note: Double quote to prevent globbing and word splitting. [SC2086]"]),
    ("goes on after a failure", {"a.sh": "#!/usr/bin/env bash\nfalse\n"},
     ["a.sh: no `set -euo pipefail`"]),
]

if __name__ == "__main__":
    lint.main(check, PLANTED)
