"""The image that the tools move, as files: the same bytes in every run."""

import gzip
import hashlib
import io
import json
import pathlib
import random
import tarfile

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
LARGE = 6 << 20  # bytes in the large layer, which do not compress


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def dump(document):
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def layer_of(name, data):
    """(compressed, digest of the tar) of a layer with one file."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), compresslevel=1, mtime=0), digest(plain.getvalue())


class Image:
    """A manifest, a config and two layers in a folder, and the same as an OCI layout."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        noise = random.Random(20261122).randbytes(LARGE)
        layers = [layer_of("large", noise), layer_of("small", b"small\n")]
        config = dump({"architecture": "amd64", "os": "linux", "config": {},
                       "rootfs": {"type": "layers", "diff_ids": [diff_id for _, diff_id in layers]}})
        blobs = [data for data, _ in layers]
        self.manifest = dump({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(CONFIG, config),
            "layers": [descriptor(LAYER, data) for data in blobs]})
        self.blobs = [*blobs, config]
        self.large, self.small, self.config = [digest(data) for data in self.blobs]
        self.digest = digest(self.manifest)
        self.size = sum(map(len, self.blobs))
        for data in [*self.blobs, self.manifest]:
            self.file(data).write_bytes(data)

    def file(self, data):
        return self.folder / digest(data).partition(":")[2]

    def signature(self):
        """A manifest that refers to the image, with the small layer as its only one."""
        return dump({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/vnd.example.signature",
                     "config": descriptor(CONFIG, self.blobs[2]), "layers": [descriptor(LAYER, self.blobs[1])],
                     "subject": descriptor(MANIFEST, self.manifest)})

    def signature_entry(self):
        """The signature, for a script."""
        self.file(self.signature()).write_bytes(self.signature())
        return {"media_type": MANIFEST, "file": str(self.file(self.signature()))}

    def fallback_entry(self):
        """The index under the tag that lists the signature where a registry does not, for a script."""
        index = dump({"schemaVersion": 2, "mediaType": INDEX, "manifests": [{
            **descriptor(MANIFEST, self.signature()), "artifactType": "application/vnd.example.signature"}]})
        self.file(index).write_bytes(index)
        return {"tag": self.digest.replace(":", "-"), "media_type": INDEX, "file": str(self.file(index))}

    def script(self, **more):
        """What fault_registry needs to hold this image; without it when `more` says empty."""
        script = {"repository": "app", "options": {}, "rules": [], **more}
        if not script.pop("empty", False):
            script["blobs"] = [str(self.file(data)) for data in self.blobs]
            script["manifests"] = [{"tag": "v1", "media_type": MANIFEST, "file": str(self.file(self.manifest))},
                                   *script.get("manifests", [])]
        return script

    def layout(self, place):
        """Makes an OCI layout with the tag v1 there."""
        blobs = pathlib.Path(place) / "blobs/sha256"
        blobs.mkdir(parents=True)
        for data in [*self.blobs, self.manifest]:
            (blobs / self.file(data).name).write_bytes(data)
        (blobs.parent.parent / "oci-layout").write_bytes(dump({"imageLayoutVersion": "1.0.0"}))
        (blobs.parent.parent / "index.json").write_bytes(dump({
            "schemaVersion": 2, "mediaType": INDEX, "manifests": [{
                **descriptor(MANIFEST, self.manifest),
                "annotations": {"org.opencontainers.image.ref.name": "v1"}}]}))


def descriptor(media_type, data):
    return {"mediaType": media_type, "digest": digest(data), "size": len(data)}


def what_is_wrong(place, expected, named=True):
    """Why the layout does not hold the whole image with the digest `expected`; "" when it does. Its index must name it,
    if `named`."""
    place = pathlib.Path(place)
    if not (place / "index.json").exists():
        return "no layout"
    entries = json.loads((place / "index.json").read_bytes()).get("manifests", [])
    if named and expected not in [entry["digest"] for entry in entries]:
        return "another manifest" if entries else "no manifest"
    wanted = [expected]
    while wanted:
        one = wanted.pop()
        path = place / "blobs" / one.replace(":", "/")
        if not path.exists():
            return f"{one[:19]} is missing"
        data = path.read_bytes()
        if digest(data) != one:
            return f"{one[:19]} has other bytes"
        if one == expected:
            manifest = json.loads(data)
            wanted += [each["digest"] for each in [manifest["config"], *manifest["layers"]]]
    return ""
