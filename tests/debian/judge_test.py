#!/usr/bin/env python3
"""The judge notices what it is there for: planted differences and malformed layers are found."""

import gzip
import hashlib
import io
import pathlib
import tarfile
import tempfile
import unittest

import judge
import judge_trees
from judge_trees import Entry, Failure, Package

FILE = Entry("file", 0o644, 0, 0, 5, "", "aa")
FOLDER = Entry("folder", 0o755, 0, 0, judge_trees.FOLDER_TIME, "", "")


def package(name, entries, replaces=""):
    return Package(name, "1.0", replaces, "", entries)


def unpacked(*packages, exclude=(), newest=100):
    return judge_trees.Unpacking(packages, "amd64", exclude, newest).tree


class Differences(unittest.TestCase):
    def test_every_field_counts(self):
        planted = {"type": "symlink", "mode": 0o600, "uid": 1, "gid": 1, "mtime": 6, "target": "x",
                   "content": "bb"}
        for field, value in planted.items():
            lines = list(judge_trees.differences({"a": FILE}, {"a": FILE._replace(**{field: value})}))
            self.assertEqual(len(lines), 1, field)
            self.assertTrue(lines[0].startswith(f"/a: {field} is "), lines)

    def test_missing_and_extra_paths_count_and_the_database_does_not(self):
        lines = list(judge_trees.differences({"a": FILE, "var/lib/dpkg/status": FILE},
                                             {"b": FILE, "var/lib/dpkg-x": FILE}))
        self.assertEqual(lines, ["/a: is not in the layer", "/b: no package ships it",
                                 "/var/lib/dpkg-x: no package ships it"])


class Unpacked(unittest.TestCase):
    def test_paths_and_hard_links_go_through_the_links(self):
        tree = unpacked(package("a", [("bin/x", FILE), ("bin/y", FILE._replace(
            type="hard link", target="bin/x"))]))
        self.assertEqual(tree["usr/bin/y"].target, "usr/bin/x")
        self.assertEqual(tree["bin"].target, "usr/bin")
        self.assertEqual(tree["usr"], FOLDER)
        self.assertNotIn("lib32", tree)
        self.assertIn("lib32", unpacked(package("a", [("lib32/x", FILE)])))

    def test_base_files_then_the_first_package_decides_about_a_folder(self):
        tree = unpacked(package("a", [("x", FOLDER._replace(mode=0o700))]),
                        package("base-files", [("x", FOLDER._replace(mode=0o711, mtime=1))]))
        self.assertEqual(tree["x"], FOLDER._replace(mode=0o711))

    def test_replaces_decides_and_without_it_two_packages_clash(self):
        one, other = FILE, FILE._replace(content="bb")
        tree = unpacked(package("a", [("x", one)]), package("b", [("x", other)], "a (<< 2)"))
        self.assertEqual(tree["x"], other)
        tree = unpacked(package("a", [("x", one)], "b"), package("b", [("x", other)]))
        self.assertEqual(tree["x"], one)
        with self.assertRaisesRegex(Failure, "'x' is in b and in a"):
            unpacked(package("a", [("x", one)]), package("b", [("x", other)], "a (<< 1.0)"))

    def test_times_are_clamped_and_exclude_keeps_copyright(self):
        tree = unpacked(package("a", [("usr/share/doc/a/NEWS", FILE),
                                      ("usr/share/doc/a/copyright", FILE._replace(mtime=200))]),
                        exclude=("/usr/share/doc/**",))
        self.assertNotIn("usr/share/doc/a/NEWS", tree)
        self.assertEqual(tree["usr/share/doc/a/copyright"].mtime, 100)


class Layers(unittest.TestCase):
    def read(self, names, media_type="tar+gzip", diff_id=None, after=b""):
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as tar:
            for name in names:
                member = tarfile.TarInfo(name)
                member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
                tar.addfile(member)
        plain = content.getvalue() + after
        with tempfile.TemporaryDirectory() as folder:
            blob = pathlib.Path(folder, "blob")
            # Two members, as the pieces of a layer are.
            blob.write_bytes(gzip.compress(plain[:512]) + gzip.compress(plain[512:]))
            return judge_trees.read_layer(
                blob, media_type, diff_id or "sha256:" + hashlib.sha256(plain).hexdigest())

    def test_a_layer_is_read(self):
        self.assertEqual(sorted(self.read(["a/", "a/b"])), ["a", "a/b"])

    def test_malformed_layers_are_refused(self):
        for names, why in ((["a", "./a"], "'a' is in the layer twice"),
                           (["a/b"], "'a/b' comes before its folder 'a'"),
                           (["a", "a/b"], "'a/b' lies below 'a', which is a file")):
            with self.assertRaisesRegex(Failure, why):
                self.read(names)
        with self.assertRaisesRegex(Failure, "the diff_id is not the digest"):
            self.read(["a"], diff_id="sha256:" + "0" * 64)
        with self.assertRaisesRegex(Failure, "something follows the end"):
            self.read(["a"], after=b"x" * 512)


class Recipes(unittest.TestCase):
    def test_both_ways_to_write_a_list_are_read(self):
        block = ("layers:\n  - packages:\n      install:\n        # shell\n        - bash\n"
                 "        - g++\n      scripts: skip\n  - files: {}\n")
        flow = ("layers:\n  - packages:\n      install: [bash, g++]\n      exclude: [/a/**, /b]\n"
                "config: {}\n")
        self.assertEqual(judge.recipe_packages(block), (("bash", "g++"), ()))
        self.assertEqual(judge.recipe_packages(flow), (("bash", "g++"), ("/a/**", "/b")))


if __name__ == "__main__":
    unittest.main()
