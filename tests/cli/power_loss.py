#!/usr/bin/env python3
"""Plays a cache back as it could be after a loss of power at any moment, and looks whether it is right.

usage: power_loss.py TRACE CACHE EXPECTED SECONDS STAMP

TRACE is what `strace -f -y -xx` wrote of programs that filled the folder CACHE. After each call that changed it, the
folder is made again in five ways, since a file system may keep any part of what nobody synced: with all names but only
the bytes that were synced, the rest missing, zero or written in part; or with only the names that were synced. In each
of these states every row of the index must have its blob; and in as many, spread evenly, as SECONDS allow, `STAMP
cache verify` must end well and `STAMP build` must print EXPECTED and write whole blobs.
"""

import hashlib
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import time

LINE = re.compile(r"^(\d+) +(?:<\.\.\. \w+ resumed>)?(.*?)( <unfinished \.\.\.>)?$")
CALL = re.compile(r"^(\w+)\((.*)\) += (-?\d+)")
WAYS = (("all", "synced"), ("all", "zeros"), ("all", "some"), ("synced", "synced"), ("synced", "all"))


class File:
    """The bytes that were synced, and what was done since."""

    def __init__(self):
        self.synced = b""
        self.pending = []  # (offset, bytes) of a write, (size, None) of a truncation

    def sync(self):
        self.synced, self.pending = self.content("all"), []

    def content(self, way):
        content, size = bytearray(self.synced), len(self.synced)
        for number, (offset, data) in enumerate(self.pending):
            size = offset if data is None else max(size, offset + len(data))
            if way == "all" or (way == "some" and number % 2 == 0):
                content = content[:size].ljust(size, b"\0")
                if data is not None:
                    content[offset:offset + len(data)] = data
        return bytes(content[:size].ljust(size, b"\0") if way == "zeros" else content)


class Folder:
    """The names below a folder, each change of them with whether it was synced."""

    def __init__(self):
        self.changes = []  # [kind, path, other path or None, file or None, synced]
        self.names = {}

    def change(self, kind, path, other=None, file=None):
        self.changes.append([kind, path, other, file, False])
        self.apply(self.names, self.changes[-1])

    @staticmethod
    def apply(names, change):
        kind, path, other, file, _ = change
        if kind in ("file", "folder"):
            names[path] = file
        elif kind == "rename":
            names.pop(path, None)
            names[other] = file
        else:
            names.pop(path, None)

    def sync(self, folder):
        for change in self.changes:
            paths = [path for path in change[1:3] if path is not None]
            if folder is None or any(path.parent == folder for path in paths):
                change[4] = True

    def state(self, names_way, bytes_way):
        """Path to bytes, or to None for a folder."""
        names = {}
        for change in self.changes:
            if names_way == "all" or change[4]:
                self.apply(names, change)
        names.pop(pathlib.PurePath("."), None)
        return {path: file and file.content(bytes_way) for path, file in names.items()
                if all(names.get(up, 0) is None for up in list(path.parents)[:-1])}


def decoded(text):
    """The path in an argument: `"…"`, `5<…>` or `AT_FDCWD<…>`."""
    return bytes.fromhex("".join(re.findall(r"\\x(..)", text))).decode()


def calls(trace):
    """(name, arguments, result) of each call that did not fail, when it ended."""
    begun = {}
    for line in trace.read_text().splitlines():
        process, text, unfinished = LINE.match(line).groups()
        text = begun.pop(process, "") + text
        if unfinished:
            begun[process] = text
        elif (call := CALL.match(text)) and int(call[3]) >= 0:
            yield call[1], call[2].split(", "), int(call[3])


class Replay:
    def __init__(self, cache):
        self.cache, self.folder, self.offsets = cache, Folder(), {}

    def path(self, text, at=None):
        """A path relative to the cache; None for one elsewhere."""
        path = pathlib.PurePath(decoded(at) if at else pathlib.Path.cwd(), decoded(text))
        return path.relative_to(self.cache) if path.is_relative_to(self.cache) else None

    def play(self, name, arguments, result):
        """Whether the call changed the cache or synced a part of it. What is not known here fails."""
        paths = [self.path(arguments[0])] if arguments[0][0].isdigit() else [
            self.path(text, arguments[i - 1] if i > 0 and "<" in arguments[i - 1] else None)
            for i, text in enumerate(arguments) if text.startswith('"')]
        if all(path is None for path in paths):
            return False
        return getattr(self, name)(arguments, result, *paths) is not False

    def openat(self, arguments, result, path):
        assert "O_TRUNC" not in arguments[2]
        if "O_CREAT" not in arguments[2] or path in self.folder.names:
            return False
        self.folder.change("file", path, file=File())
        return True

    def write(self, arguments, result, path):
        file = self.folder.names[path]  # the programs write each file once, from its beginning on
        self.offsets[file] = self.offsets.get(file, 0) + result
        file.pending.append((self.offsets[file] - result, self.data(arguments[1], result)))

    def pwrite64(self, arguments, result, path):
        self.folder.names[path].pending.append((int(arguments[3]), self.data(arguments[1], result)))

    @staticmethod
    def data(text, size):
        data = bytes.fromhex(text.strip('"').replace("\\x", ""))
        assert len(data) >= size, "strace left bytes out"
        return data[:size]

    def ftruncate(self, arguments, result, path):
        self.folder.names[path].pending.append((int(arguments[1]), None))

    def fsync(self, arguments, result, path):
        file = self.folder.names.get(path)
        file.sync() if file else self.folder.sync(path)

    fdatasync = fsync

    def syncfs(self, arguments, result, path):
        self.folder.sync(None)
        for file in filter(None, self.folder.names.values()):
            file.sync()

    def rename(self, arguments, result, path, other):
        self.folder.change("rename", path, other, self.folder.names[path])

    def mkdir(self, arguments, result, path):
        self.folder.change("folder", path)

    def unlink(self, arguments, result, path):
        self.folder.change("removed", path)

    rmdir = unlinkat = unlink


def make(state, cache):
    """The cache in that state."""
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir()
    for path, content in sorted(state.items()):
        if content is None:
            (cache / path).mkdir(exist_ok=True)
        else:
            (cache / path).write_bytes(content)
    return cache


def check_rows(cache):
    """Every row of the index has its blob. Gives how many there are."""
    index = cache / "index-v1.db"
    if not index.exists():
        return 0
    database = sqlite3.connect(index)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",), "a damaged index"
    rows = database.execute("SELECT lower(hex(digest)), size FROM blob").fetchall()
    database.close()
    for digest, size in rows:
        content = (cache / "blobs/sha256" / digest[:2] / digest).read_bytes()
        assert len(content) == size and hashlib.sha256(content).hexdigest() == digest, f"{digest} is damaged"
    return len(rows)


def check_use(cache, stamp, expected):
    """The cache can be used: what is damaged is found and made anew."""
    stamp = [*stamp, "--cache", cache]
    for allowed in ((0, 3), (0,)):
        done = subprocess.run([*stamp, "cache", "verify"], check=False, capture_output=True, text=True)
        assert done.returncode in allowed, f"cache verify: {done}"
    shutil.rmtree("out", ignore_errors=True)
    done = subprocess.run([*stamp, "build", "--output", "oci:out"], check=False, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == expected, f"build: {done}"
    for blob in pathlib.Path("out/blobs/sha256").iterdir():
        assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name, f"{blob} was served damaged"


def checked(where, check):
    try:
        return check()
    except (AssertionError, OSError, sqlite3.Error) as fault:
        raise SystemExit(f"FAILED: after {where}: {fault}") from fault


def main():
    trace, cache, seconds = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).absolute(), float(sys.argv[4])
    expected = pathlib.Path(sys.argv[3]).read_text()
    replay, states = Replay(cache), {}
    for number, call in enumerate(calls(trace)):
        if not replay.play(*call):
            continue
        for way in WAYS:
            state = replay.folder.state(*way)
            kept = frozenset((path, hash(content)) for path, content in state.items()
                             if path.parts[:1] not in (("tmp",), ("leases",)))
            states.setdefault(kept, (f"call {number}, {call[0]}, {way}", state))
    assert replay.folder.state("all", "all") == {
        path.relative_to(cache): None if path.is_dir() else path.read_bytes() for path in cache.rglob("*")
    }, "the replay gives another cache than the programs did"
    found, most_rows, used = list(states.values()), 0, 0
    for where, state in found:
        most_rows = max(most_rows, checked(where, lambda: check_rows(make(state, cache))))
    begun, step = time.monotonic(), 1
    for number, (where, state) in enumerate(found):
        if number % step == 0:
            checked(where, lambda: check_use(make(state, cache), sys.argv[5:], expected))
            used += 1
        if used == 5 and step == 1:
            step = max(1, round((time.monotonic() - begun) / used * len(found) / seconds))
    print(f"{len(found)} states, {used} of them used, up to {most_rows} rows")


if __name__ == "__main__":
    main()
