"""Trees as the judge compares them: what a layer holds, and what its packages would unpack to.

A tree is a dictionary from path ("usr/bin/ls"; the root is "") to Entry. Both sides are read with
Python's tarfile straight from the archives, so that owners and times count and no root is needed.
"""

import gzip
import hashlib
import re
import subprocess
import tarfile
import typing

FOLDER_TIME = 315532801  # 1980-01-01T00:00:01Z
DATABASE = "var/lib/dpkg"
# The folders of the root that are links where /usr is merged; of the second kind, when a package
# has something in it.
LINKS = {"amd64": (("bin", "lib", "lib64", "sbin"), ("lib32", "libx32")),
         "arm64": (("bin", "lib", "sbin"), ())}

_TYPES = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.DIRTYPE: "folder",
          tarfile.SYMTYPE: "symlink", tarfile.LNKTYPE: "hard link", tarfile.FIFOTYPE: "fifo",
          tarfile.CHRTYPE: "character device", tarfile.BLKTYPE: "block device"}


class Entry(typing.NamedTuple):
    """What is compared of a path."""
    type: str
    mode: int
    uid: int
    gid: int
    mtime: int
    target: str   # of links; of a hard link a path of the tree
    content: str  # SHA-256 of a file's bytes


class Failure(Exception):
    """Something that is wrong in itself, without a comparison."""


def path_of(name):
    """The name of a tar member as a path of a tree."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def parents(path):
    """The folders above a path, nearest first, without the root."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def in_database(path):
    return path == DATABASE or path.startswith(DATABASE + "/")


def _entry(tar, member):
    content = ""
    if member.isreg():
        hasher, stream = hashlib.sha256(), tar.extractfile(member)
        while chunk := stream.read(1 << 18):
            hasher.update(chunk)
        content = hasher.hexdigest()
    target = path_of(member.linkname) if member.islnk() else member.linkname
    return path_of(member.name), Entry(_TYPES[member.type], member.mode, member.uid, member.gid,
                                       int(member.mtime), target, content)


# --- what packages ship ---------------------------------------------------------------------------

class Package(typing.NamedTuple):
    """A .deb as dpkg-deb shows it."""
    name: str
    version: str
    replaces: str
    multi_arch: str
    entries: list  # of (path, Entry), in the order of the archive


def read_package(deb):
    """Reads a .deb with dpkg-deb."""
    fields = dict.fromkeys(("Package", "Version", "Replaces", "Multi-Arch"), "")
    shown = subprocess.run(["dpkg-deb", "--field", deb, *fields], check=True, capture_output=True,
                           text=True).stdout
    for line in shown.splitlines():
        name, _, value = line.partition(": ")
        if name in fields:
            fields[name] = value
    entries = []
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as process:
        with tarfile.open(fileobj=process.stdout, mode="r|", bufsize=1 << 18) as tar:
            for member in tar:
                entries.append(_entry(tar, member))
        while process.stdout.read(1 << 18):
            pass
    if process.returncode != 0:
        raise Failure(f"dpkg-deb cannot read {deb}")
    return Package(fields["Package"], fields["Version"], fields["Replaces"], fields["Multi-Arch"],
                   entries)


def _replaces(one, other):
    """Whether package `one` says that it Replaces package `other`."""
    for relation in one.replaces.split(","):
        found = re.fullmatch(r"\s*([^\s(:]+)\S*\s*(?:\(\s*(\S*?[<>=])\s*(\S+)\s*\))?\s*", relation)
        if not found or found[1] != other.name:
            continue
        if not found[2]:
            return True
        done = subprocess.run(["dpkg", "--compare-versions", other.version, found[2], found[3]],
                              check=False)
        if done.returncode == 0:
            return True
    return False


def _pattern(glob):
    """The regular expression of a recipe's pattern that ends in "/**" or has no "**"."""
    below = glob.endswith("/**")
    parts = [re.escape(part).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
             for part in glob.removesuffix("/**").strip("/").split("/")]
    return re.compile("/".join(parts) + ("(?:/.*)?" if below else ""))


class Unpacking:
    """The tree that dpkg would make of packages, over links of a merged /usr."""

    def __init__(self, packages, architecture, exclude, newest):
        """`newest`: later times of packages become this one."""
        self._newest = newest
        self._exclude = [_pattern(glob) for glob in exclude]
        always, optional = LINKS[architecture]
        self._links = tuple(always) + tuple(optional)
        self._owners = {}
        self.tree = {}
        for package in sorted(packages, key=lambda package: package.name != "base-files"):
            for path, entry in package.entries:
                self._add(package, path, entry)
        self._add_links(always, optional)
        for path in list(self.tree) + [DATABASE]:
            for parent in parents(path):
                self.tree.setdefault(parent, Entry("folder", 0o755, 0, 0, FOLDER_TIME, "", ""))

    def _merged(self, path):
        return "usr/" + path if path.partition("/")[0] in self._links else path

    def _is_excluded(self, path):
        if re.fullmatch("usr/share/doc/[^/]*/copyright", path):
            return False
        return any(pattern.fullmatch(path) for pattern in self._exclude)

    def _add(self, package, path, entry):
        path = self._merged(path)
        if self._is_excluded(path) or in_database(path):
            return
        there = self.tree.get(path)
        if entry.type == "folder":
            if there is None or there.type == "symlink":
                self._put(package, path, entry._replace(mtime=FOLDER_TIME))
            elif there.type != "folder":
                raise Failure(f"{package.name} has the folder '{path}', another package a file")
            return
        if entry.type == "hard link":
            entry = entry._replace(target=self._merged(entry.target))
        entry = entry._replace(mtime=min(entry.mtime, self._newest))
        if there is None or self._takes_over(package, path, entry, there):
            self._put(package, path, entry)

    def _takes_over(self, package, path, entry, there):
        if there.type == "folder" and entry.type == "symlink":
            return False
        other = self._owners[path]
        if other.name == package.name and package.multi_arch == "same":
            return False
        if _replaces(package, other):
            return True
        if not _replaces(other, package):
            raise Failure(f"'{path}' is in {package.name} and in {other.name}")
        return False

    def _put(self, package, path, entry):
        self.tree[path] = entry
        self._owners[path] = package

    def _add_links(self, always, optional):
        used = [name for name in optional
                if any(path.startswith(f"usr/{name}/") for path in self.tree)]
        for name in [*always, *used]:
            self.tree[name] = Entry("symlink", 0o777, 0, 0, FOLDER_TIME, "usr/" + name, "")


# --- what a layer holds ---------------------------------------------------------------------------

class _Hashed:
    """A stream that hashes what is read of it, and knows where its last byte but zeros ends."""

    def __init__(self, stream):
        self._stream, self._hasher = stream, hashlib.sha256()
        self._size = self.end_of_content = 0

    def read(self, size):
        chunk = self._stream.read(size)
        self._hasher.update(chunk)
        content = len(chunk.rstrip(b"\0"))
        if content:
            self.end_of_content = self._size + content
        self._size += len(chunk)
        return chunk

    def finish(self):
        """The digest of all, read to its end."""
        while self.read(1 << 18):
            pass
        return "sha256:" + self._hasher.hexdigest()


def _decompressed(blob, media_type):
    """A stream of the uncompressed bytes, and the process that gives it, if there is one."""
    if media_type.endswith("+zstd"):
        process = subprocess.Popen(["zstd", "-q", "-dc", blob], stdout=subprocess.PIPE)
        return process.stdout, process
    return (gzip.open(blob) if media_type.endswith("+gzip") else open(blob, "rb")), None


def _read_members(tar):
    tree = {}
    for member in tar:
        path, entry = _entry(tar, member)
        if path in tree:
            raise Failure(f"'{path}' is in the layer twice")
        for parent in parents(path):
            above = tree.get(parent)
            if above is None:
                raise Failure(f"'{path}' comes before its folder '{parent}'")
            if above.type != "folder":
                raise Failure(f"'{path}' lies below '{parent}', which is a {above.type}")
            break  # that one was checked itself
        if entry.type == "hard link" and tree.get(entry.target, entry).type != "file":
            raise Failure(f"'{path}' is a hard link to '{entry.target}', which is no file before it")
        tree[path] = entry
    return tree


def read_layer(blob, media_type, diff_id):
    """The tree of a layer's blob, its form checked on the way."""
    stream, process = _decompressed(blob, media_type)
    hashed = _Hashed(stream)
    with stream:
        with tarfile.open(fileobj=hashed, mode="r|", bufsize=1 << 18) as tar:
            tree = _read_members(tar)
        digest = hashed.finish()
        if hashed.end_of_content > tar.offset:
            raise Failure(f"something follows the end of the archive {blob}")
        if digest != diff_id:
            raise Failure(f"the diff_id is not the digest of the uncompressed bytes of {blob}")
    if process and process.wait() != 0:
        raise Failure(f"zstd cannot read {blob}")
    return tree


# --- the comparison -------------------------------------------------------------------------------

def differences(expected, found):
    """One line for each path that differs, dpkg's database apart."""
    for path in sorted(set(expected) | set(found)):
        if in_database(path):
            continue
        if path not in found:
            yield f"/{path}: is not in the layer"
        elif path not in expected:
            yield f"/{path}: no package ships it"
        else:
            for name, want, got in zip(Entry._fields, expected[path], found[path]):
                if want != got:
                    shown = (oct(want), oct(got)) if name == "mode" else (want, got)
                    yield f"/{path}: {name} is {shown[1]}, of the package {shown[0]}"
