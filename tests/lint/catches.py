#!/usr/bin/env python3
"""`catch` stands only where an error has somewhere to go: elsewhere it would drop errors."""

import re

import lint

# File: why it may catch.
ALLOWED = {
    "base/error.h": "during() adds what was being done and rethrows",
    "base/json.cpp": "the parser's own exceptions become the one Error",
    "builder/store/flush_at_end.cpp": "a destructor that keeps what was made or taken before an error",
    "builder/steps/executor.cpp": "a package with wrong bytes on this machine is fetched elsewhere, once",
    "builder/lock/lock_indexes.cpp": "the loop over places: what one has may be out of date or wrong",
    "builder/sharing/shared_check.cpp": "the JSON library's own exceptions about another machine's note become the one Error",
    "builder/sharing/shared_pull.cpp": "a result with wrong bytes is passed over, and the others are taken",
    "cache/store.cpp": "a damaged index is made again and asked once more",
    "cli/arguments.cpp": "CLI11 says by exceptions what it found; they become the one Error",
    "cli/main.cpp": "main: an error becomes a message and an exit code",
    "maintainer-scripts/dpkg/evaluate.cpp":
        "a package that may stay unconfigured: all is evaluated again without its script",
    "pin/doctor.cpp": "an image whose registry cannot be asked is named, and the others are looked for",
    "pin/unreferenced.cpp": "a registry that deletes no tag alone is asked to delete the manifest",
    "workspace/yaml_reader.h": "a value that does not parse becomes a diagnostic at its place",
    "maintainer-scripts/shell/command_runner.cpp": "an error gains the script that it came through",
    "maintainer-scripts/shell/execute.cpp": "an error gains its place; the innermost command's",
    "maintainer-scripts/shell/redirection.cpp": "a here-document that fails is a redirection's failure",
    "maintainer-scripts/shell/shell.cpp": "the EXIT trap ends as a script does",
    "maintainer-scripts/shell/shell.h": "a shell's end: exit, set -e, errors that it reported",
    "maintainer-scripts/shell/simple_command.cpp": "a builtin's end; an error gains its function",
    "maintainer-scripts/tools/shell_tools.cpp": "the end of a program that the shell has as builtin",
    "base/pool.cpp": "the task boundary: an error travels to the thread that waits",
    "debian/resolver_program/main.cpp": "the program's main: an error becomes its answer",
    "pin/find_yaml.cpp": "what is not YAML and has \"{{\" is a template, and left alone",
    "pin/read_reference.cpp": "a text of a manifest that is no reference is nothing",
    "pin/manifests.cpp": "a list of what manifests say goes on after a file that cannot be read",
    "pin/transaction.cpp": "a destructor that undoes renames while an error is on its way",
    "registry-client/blobs.cpp": "the retry loop of a blob that is pulled",
    "registry-client/client.cpp": "the loop over places: a mirror that fails is passed over",
    "registry-client/curl_transport.cpp": "libcurl's callbacks: an error waits until they are over",
    "registry-client/downloader.cpp": "the retry loops: attempts of a place, places of a file",
    "registry-client/exchange.cpp": "an answer that is too long is cut",
    "registry-client/retry.cpp": "a Retry-After that is neither number nor date asks for nothing",
    "registry-client/server_text.cpp": "a body that is no error document says nothing more",
    "registry-client/session.cpp": "the retry loop of a request",
    "registry-client/tokens.cpp": "the retry loop of a request for a token",
    "registry-client/uploads.cpp": "the retry loop of an upload; a mount that is refused; cancelling",
}
FAULT = "`catch` in a file that tests/lint/catches.py does not list"


def check(root):
    for path in lint.sources(root, lint.ROOMS):
        if path.as_posix() in ALLOWED:
            continue
        for number, line in lint.code_lines(root, path):
            if re.search(r"\bcatch\s*\(", line):
                yield f"{path.as_posix()}:{number}: {FAULT}"
    for name in ALLOWED:
        if root != lint.ROOT:
            continue
        if not (root / name).exists() or not any(
                re.search(r"\bcatch\s*\(", line) for _, line in lint.code_lines(root, name)):
            yield f"{name}: listed in tests/lint/catches.py, and has no `catch`"


PLANTED = [
    ("a clean tree", {"oci/a.cpp": "// catch (...)\nint catches(int);\n",
                      "tests/oci/a_test.cpp": "catch (...)\n"}, []),
    ("catch", {"oci/a.cpp": "try {\n  f();\n} catch (const Error&) {\n}\n"},
     [f"oci/a.cpp:3: {FAULT}"]),
]

if __name__ == "__main__":
    lint.main(check, PLANTED)
