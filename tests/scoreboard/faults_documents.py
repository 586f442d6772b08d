"""R16: documents that mean two things, or nothing."""

import json

from case import MANIFESTS, Case, fields

INDEX = "application/vnd.oci.image.index.v1+json"


def manifests_of(image):
    """Manifests that no client should take, by what is strange about them."""
    plain = image.manifest.decode()
    manifest = json.loads(plain)

    def changed(change):
        document = json.loads(plain)
        change(document)
        return json.dumps(document)

    def layer(**members):
        return changed(lambda document: document["layers"][0].update(members))

    itself = {"manifests": [{"mediaType": manifest["mediaType"], "digest": image.digest, "size": len(plain)}]}
    large = manifest["layers"][0]
    return {
        "layers and manifests in one": changed(lambda document: document.update(itself)),
        "a layer of negative size": layer(size=-1),
        "a layer of 2^63 bytes": layer(size=1 << 63),
        "a layer of a size in text": layer(size=str(large["size"])),
        "a layer of half a byte": layer(size=0.5),
        "a layer without size": changed(lambda document: document["layers"][0].pop("size")),
        "a layer one byte too large": layer(size=large["size"] + 1),
        "a layer one byte too small": layer(size=large["size"] - 1),
        "a digest that is a path": layer(digest="sha256:../../../x"),
        "a digest in upper case": layer(digest=image.large.upper()),
        "a digest that is too short": layer(digest=image.large[:-2]),
        "a digest of an unknown algorithm": layer(digest="md5:d41d8cd98f00b204e9800998ecf8427e"),
        "no digest": changed(lambda document: document["layers"][0].pop("digest")),
        "no config": changed(lambda document: document.pop("config")),
        "layers that are no list": changed(lambda document: document.update(layers={})),
        "a key twice": plain.replace('"schemaVersion":2', '"schemaVersion":2,"schemaVersion":2'),
        "a comment": plain.replace('"schemaVersion":2', '/* two */"schemaVersion":2'),
        "two documents": plain + plain,
        "100,000 lists in one another": plain.replace('"schemaVersion":2',
                                                      '"x":' + "[" * 100_000 + "]" * 100_000 + ',"schemaVersion":2'),
        "a list": f"[{plain}]",
    }


def cases(image):
    kind = json.loads(image.manifest)["mediaType"]
    for name, text in manifests_of(image).items():
        path = image.file(text.encode())
        path.write_bytes(text.encode())
        yield Case("R16", name, "pull", expect="refused", quick=30, manifests=[
            {"tag": "v1", "media_type": kind, "file": str(path)}])
    for name, media_type in (("an image manifest that calls itself an index", INDEX),
                             ("an image manifest of Docker's type", "application/vnd.docker.distribution.manifest.v2+json")):
        yield Case("R16", name, "pull", expect="refused", quick=30, rules=[
            {"path": MANIFESTS, "times": 0, "change": fields(content_type=media_type)}])
