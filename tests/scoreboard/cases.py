"""The faults: what the registry does, and what a good client makes of it.

A case has an id of the list of faults (R1 to R17), a direction, rules for fault_registry, and what
must come of it: `done` (everything arrived), `refused` (an error, nothing of it kept under the
image's name), or `either` (but never wrong bytes). Besides: `waits` seconds between a rule's answer
and the next request at least; `resent` times the image's bytes at most; `quick` seconds at most.
"""

import dataclasses
import datetime
import json


@dataclasses.dataclass
class Case:
    """One fault."""

    rule: str  # of the list: R1 …
    name: str
    direction: str  # pull or push
    rules: list = dataclasses.field(default_factory=list)
    expect: str = "done"
    waits: float = 0
    resent: float = 0
    quick: float = 0
    options: dict = dataclasses.field(default_factory=dict)
    signed_in: bool = False
    manifests: list = dataclasses.field(default_factory=list)
    by_digest: bool = False

    def title(self):
        return f"{self.rule} {self.direction} {self.name}"


BLOBS, MANIFESTS, UPLOADS = "/blobs/", "/manifests/", "/blobs/uploads/"
PLACES = {
    "pull": {"manifest": ("GET", MANIFESTS), "blob": ("GET", BLOBS)},
    "push": {"upload's start": ("POST", UPLOADS), "upload's end": ("PUT", UPLOADS),
             "manifest": ("PUT", MANIFESTS)},
}


def places():
    for direction, all_of_it in PLACES.items():
        for what, (method, path) in all_of_it.items():
            yield direction, what, method, path


def status(code, **more):
    fields = more.pop("fields", {})
    return {"status": code, "fields": [list(field) for field in fields.items()], **more}


def nothing():
    """R0: no fault. A tool that fails here has not been called as it should."""
    for direction in ("pull", "push"):
        yield Case("R0", "nothing is wrong", direction, resent=1.01)
        yield Case("R0", "nothing is wrong, with a password", direction, signed_in=True, resent=1.01,
                   options={"user": "me", "password": "secret"})
        yield Case("R0", "nothing is wrong, with tokens", direction, signed_in=True, resent=1.01,
                   options={"tokens": True})


def waiting():
    """R1: told to wait."""
    for direction, what, method, path in places():
        for code in (429, 503):
            yield Case("R1", f"{code}, Retry-After: 2, on the {what}", direction, waits=1.8, rules=[
                {"method": method, "path": path, "instead": status(code, fields={"retry-after": "2"})}])
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    date = later.strftime("%a, %d %b %Y %H:%M:%S GMT")
    for name, value in (("a day in seconds", "86400"), ("a day as a date", date)):
        yield Case("R1", f"429, Retry-After: {name}, always", "pull", expect="refused", quick=10, rules=[
            {"path": BLOBS, "times": 0, "instead": status(429, fields={"retry-after": value})}])
    for value in ("-1", "soon", "0"):
        yield Case("R1", f"429, Retry-After: {value}", "pull", rules=[
            {"path": BLOBS, "instead": status(429, fields={"retry-after": value})}])
    yield Case("R1", "429 with nothing else, twice", "pull", rules=[
        {"path": BLOBS, "times": 2, "instead": status(429)}])


def failing():
    """R2: passing errors of a server."""
    for direction, what, method, path in places():
        for code in (408, 500, 502, 503, 504):
            yield Case("R2", f"{code} on the {what}, twice", direction, rules=[
                {"method": method, "path": path, "times": 2, "instead": status(code)}])
        yield Case("R2", f"reset instead of an answer on the {what}", direction, rules=[
            {"method": method, "path": path, "instead": {"none": True}}])
    yield Case("R2", "500 on the blob, always", "pull", expect="refused", rules=[
        {"method": "GET", "path": BLOBS, "times": 0, "instead": status(500)}])


def broken_bodies(image):
    """R3 to R6: transfers that break off, stall or bring something else."""
    large = f"/blobs/{image.large}"
    for at in (0, 1, 1000, 2 << 20, 5 << 20):
        for reset in (False, True):
            # What a reset throws away on its way has been sent, and must be sent again.
            yield Case("R3", f"{'reset' if reset else 'end'} after {at} bytes of a layer", "pull",
                       resent=0 if reset else 1.1,
                       rules=[{"method": "GET", "path": large, "change": {"cut": at, "reset": reset}}])
    for step in (64 << 10, 256 << 10, 2 << 20):
        yield Case("R3", f"end after every {step >> 10} KiB of a layer", "pull", resent=1.1, rules=[
            {"method": "GET", "path": large, "times": 0, "change": {"cut": step}}])
    whole = {"status": 200, "file": str(image.file(image.blobs[0])), "fields": [["content-range", None]]}
    yield Case("R3", "end after 2 MiB, then Range is ignored", "pull", rules=[
        {"method": "GET", "path": large, "change": {"cut": 2 << 20}},
        {"method": "GET", "path": large, "ranges": "only", "times": 0, "change": whole}])
    yield Case("R3", "end after 2 MiB, then another part than asked for", "pull", expect="either", rules=[
        {"method": "GET", "path": large, "change": {"cut": 2 << 20}},
        {"method": "GET", "path": large, "ranges": "only", "times": 0,
         "change": {"fields": [["content-range", f"bytes 0-99/{len(image.blobs[0])}"]]}}])
    for at in (1000, 3 << 20):
        yield Case("R3", f"an upload breaks off after {at} bytes", "push", rules=[
            {"method": "PUT", "path": UPLOADS, "take": at}, {"method": "PATCH", "path": UPLOADS, "take": at}])

    always = {"method": "GET", "path": large, "times": 0}
    yield Case("R4", "a layer ends early, with its length wrong, always", "pull", expect="refused", rules=[
        {**always, "change": {"keep": 1 << 20}}])
    yield Case("R4", "a layer ends early, in chunks, once", "pull", rules=[
        {"method": "GET", "path": large, "change": {"chunked": True, "keep": 1 << 20}}])
    yield Case("R4", "a layer is too long", "pull", expect="refused", rules=[
        {**always, "change": {"append": "more"}}])
    yield Case("R4", "a layer said to be encoded by gzip", "pull", expect="either", rules=[
        {**always, "change": {"fields": [["content-encoding", "gzip"]]}}])
    yield Case("R4", "a layer in chunks, without a length", "pull", rules=[{**always, "change": {"chunked": True}}])
    for what, path in (("layer", large), ("config", f"/blobs/{image.config}"), ("manifest", MANIFESTS)):
        yield Case("R5", f"one bit of the {what} flipped, always", "pull", expect="refused", by_digest=True, rules=[
            {"method": "GET", "path": path, "times": 0, "change": {"flip": 700}}])
    yield Case("R5", "a page of HTML with 200 instead of a layer", "pull", expect="refused", rules=[
        {**always, "instead": status(200, body="<html>sign in</html>", fields={"content-type": "text/html"})}])
    yield Case("R5", "a page of HTML with 200 instead of the manifest", "pull", expect="refused", rules=[
        {"path": MANIFESTS, "times": 0,
         "instead": status(200, body="<html>sign in</html>", fields={"content-type": "text/html"})}])
    yield Case("R6", "a layer stalls for good after the head", "pull", quick=55, rules=[
        {"method": "GET", "path": large, "change": {"pause_ms": 600_000}}])


def tokens(image):
    """R7, R8 and R14: credentials, and to whom they go."""
    with_tokens = {"tokens": True}
    for method, what in (("PUT", "the manifest"), ("POST", "an upload's start")):
        path = MANIFESTS if method == "PUT" else UPLOADS
        yield Case("R7", f"the token ends before {what}", "push", options=with_tokens, signed_in=True, rules=[
            {"method": method, "path": path, "expire_tokens": True}])
    yield Case("R7", "the token ends before the upload's bytes are taken", "push", options=with_tokens,
               signed_in=True, rules=[{"method": "PUT", "path": UPLOADS, "expire_tokens": True}])
    yield Case("R7", "the token ends before a layer", "pull", options=with_tokens, signed_in=True, rules=[
        {"method": "GET", "path": BLOBS, "expire_tokens": True}])

    basic = {"user": "me", "password": "secret"}
    for code in (301, 302, 303, 307, 308):
        yield Case("R8", f"{code} of the layer to another host", "pull", options=basic, signed_in=True, rules=[
            {"method": "GET", "path": f"/blobs/{image.large}", "times": 0,
             "instead": status(code, fields={"location": f"@OTHER@/v2/app/blobs/{image.large}"})}])
    for code in (307, 308):
        yield Case("R8", f"{code} of an upload's start to another host", "push", expect="either", options=basic,
                   signed_in=True, rules=[{"method": "POST", "path": UPLOADS, "times": 0,
                                           "instead": status(code, fields={"location": "@OTHER@/v2/app/blobs/uploads/"})}])
    for name, place in (("a file", "file:///etc/hostname"), ("the address of metadata services", "http://169.254.169.254/x"),
                        ("itself, for ever", f"@HOST@/v2/app/blobs/{image.large}"), ("nowhere, without Location", None)):
        fields = {"location": place} if place else {}
        yield Case("R8", f"302 of the layer to {name}", "pull", expect="refused", quick=30, options=basic,
                   signed_in=True, rules=[{"method": "GET", "path": f"/blobs/{image.large}", "times": 0,
                                           "instead": status(302, fields=fields)}])

    challenge = 'Bearer realm="{}",service="registry.example"'
    for name, realm in (("file:", "file:///etc/passwd"), ("another scheme", "gopher://127.0.0.1/"),
                        ("metadata", "http://169.254.169.254/token"), ("nothing", "")):
        yield Case("R14", f"a realm of {name}", "pull", expect="refused", quick=30, signed_in=True, rules=[
            {"times": 0, "instead": status(401, fields={"www-authenticate": challenge.format(realm)})}])
    yield Case("R14", "a realm at another host that nobody named", "pull", expect="refused", quick=30,
               signed_in=True, rules=[
                   {"times": 0, "instead": status(401, fields={"www-authenticate": challenge.format("@OTHER@/token")})}])
    for name, answer in (("1 MiB of token", {"body": json.dumps({"token": "t" * (1 << 20)})}),
                         ("a number as token", {"body": '{"token": 7}'}), ("no JSON", {"body": "<html>"}),
                         ("500", {"status": 500})):
        yield Case("R14", f"a token server that answers {name}", "pull", expect="refused", quick=45, signed_in=True,
                   options={"tokens": True, "token_answer": answer})


def strange_answers(image):
    """R9 to R12 and R15: what registries say that they should not, or may."""
    start = {"method": "POST", "path": UPLOADS, "times": 0}
    yield Case("R9", "an upload's place without a host", "push", rules=[])
    yield Case("R9", "no place for an upload", "push", expect="refused", quick=30, rules=[
        {**start, "change": {"fields": [["location", None]]}}])
    yield Case("R9", "an upload is forgotten once", "push", rules=[
        {"method": "PUT", "path": UPLOADS, "instead": status(404)},
        {"method": "PATCH", "path": UPLOADS, "instead": status(404)}])
    yield Case("R9", "201 instead of 202 for a part", "push", rules=[
        {"method": "PATCH", "path": UPLOADS, "times": 0, "change": {"status": 201}}])
    for name, value in (("none", None), ("a wrong one", "sha256:" + "0" * 64), ("no digest", "nonsense")):
        yield Case("R10", f"Docker-Content-Digest of a layer: {name}", "pull", rules=[
            {"method": "GET", "path": BLOBS, "times": 0, "change": {"fields": [["docker-content-digest", value]]}}])
        yield Case("R10", f"Docker-Content-Digest of what was put: {name}", "push",
                   expect="done" if value is None else "either", rules=[
                       {"method": "PUT", "times": 0, "change": {"fields": [["docker-content-digest", value]]}}])
    yield Case("R10", "no answer to HEAD but 405", "push", rules=[
        {"method": "HEAD", "times": 0, "instead": status(405)}])
    unknown = json.dumps({"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown",
                                      "detail": image.small}]})
    yield Case("R12", "a blob is not seen yet when the manifest comes, once", "push", rules=[
        {"method": "PUT", "path": MANIFESTS, "instead": status(404, body=unknown)}])
    yield Case("R12", "413 for the manifest", "push", expect="refused", quick=30, options={"largest_manifest": 100})
    yield Case("R12", "201 for the manifest, which is not kept", "push", expect="either", rules=[
        {"method": "PUT", "path": MANIFESTS, "times": 0, "instead": status(201)}])
    yield Case("R15", "404 with a body of 64 MiB", "pull", expect="refused", quick=30, rules=[
        {"path": MANIFESTS, "times": 0, "instead": status(404, fill=64 << 20)}])
    yield Case("R15", "a manifest of 100 MiB", "pull", expect="refused", quick=30, rules=[
        {"method": "GET", "path": MANIFESTS, "times": 0, "change": {"fill": 100 << 20}}])
    clear = json.dumps({"errors": [{"code": "DENIED", "message": "\x1b[2J\x1b[31mgone"}]})
    yield Case("R15", "an error that clears the screen", "pull", expect="refused", rules=[
        {"path": MANIFESTS, "times": 0, "instead": status(403, body=clear)}])


def strange_documents(image):
    """R16: documents that mean two things, or nothing."""
    manifest = json.loads(image.manifest)

    def variant(name, change, text=None):
        document = json.loads(image.manifest)
        change(document)
        data = (text or json.dumps(document)).encode()
        return name, data

    both = {"manifests": [{"mediaType": manifest["mediaType"], "digest": image.digest, "size": len(image.manifest)}]}
    for name, data in (
            variant("layers and manifests in one", lambda d: d.update(both)),
            variant("a layer of negative size", lambda d: d["layers"][0].update(size=-1)),
            variant("a layer of 2^63 bytes", lambda d: d["layers"][0].update(size=1 << 63)),
            variant("a layer one byte too large", lambda d: d["layers"][0].update(size=d["layers"][0]["size"] + 1)),
            variant("a digest that is a path", lambda d: d["layers"][0].update(digest="sha256:../../../x")),
            variant("a digest in upper case", lambda d: d["layers"][0].update(digest=image.large.upper())),
            variant("no config", lambda d: d.pop("config")),
            variant("a key twice", lambda d: None, image.manifest.decode().replace(
                '"schemaVersion":2', '"schemaVersion":2,"schemaVersion":2'))):
        path = image.file(data)
        path.write_bytes(data)
        yield Case("R16", name, "pull", expect="refused", quick=30, manifests=[
            {"tag": "v1", "media_type": manifest["mediaType"], "file": str(path)}])
    yield Case("R16", "an image manifest that calls itself an index", "pull", expect="refused", quick=30, rules=[
        {"path": MANIFESTS, "times": 0,
         "change": {"fields": [["content-type", "application/vnd.oci.image.index.v1+json"]]}}])


def all_cases(image):
    return [*nothing(), *waiting(), *failing(), *broken_bodies(image), *tokens(image), *strange_answers(image),
            *strange_documents(image)]
