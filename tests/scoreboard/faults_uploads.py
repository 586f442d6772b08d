"""R9 and R10: what registries say about uploads and digests that they should not, or may."""

from case import BLOBS, MANIFESTS, UPLOADS, Case, fields, status


def places_of_uploads(image):
    start = {"method": "POST", "path": UPLOADS, "times": 0}
    patch = {"method": "PATCH", "path": UPLOADS, "times": 0}
    yield Case("R9", "an upload's place without a host", "push", rules=[])
    yield Case("R9", "no place for an upload", "push", expect="refused", quick=30, rules=[
        {**start, "change": fields(location=None)}])
    for name, place in (("at a file", "file:///etc/passwd"), ("with a user name", "http://me:x@127.0.0.1/x"),
                        ("that is no URL", "http://[::1")):
        yield Case("R9", f"a place for an upload {name}", "push", expect="refused", quick=30, rules=[
            {**start, "change": fields(location=place)}])
    yield Case("R9", "a place for an upload at another host", "push", expect="either", quick=30, signed_in=True,
               options={"user": "me", "password": "secret"}, rules=[
                   {**start, "change": fields(location="@OTHER@/v2/app/blobs/uploads/none")}])
    yield Case("R9", "no new place after a part", "push", expect="either", rules=[
        {**patch, "change": fields(location=None)}])
    for name, value in (("no Range", None), ("a Range of nothing", "0-0"), ("a Range that is too far", "0-99999999"),
                        ("a Range that is none", "x")):
        yield Case("R9", f"{name} after a part", "push", expect="done" if value is None else "either", quick=45, rules=[
            {**patch, "change": fields(range=value)}])
    for code in (200, 201, 204):
        yield Case("R9", f"{code} instead of 202 for a part", "push", expect="done" if code == 201 else "either", rules=[
            {**patch, "change": {"status": code}}])
    for code in (200, 204):
        yield Case("R9", f"{code} instead of 201 for an upload's end", "push", expect="either", rules=[
            {"method": "PUT", "path": UPLOADS, "times": 0, "change": {"status": code}}])
    yield Case("R9", "416 for a part, once", "push", rules=[{**patch, "times": 1, "instead": status(416)}])
    for code in (404, 405, 501):
        yield Case("R9", f"{code} for parts", "push", expect="either", quick=45, rules=[
            {**patch, "instead": status(code)}])
    for size, name in ((5 << 20, "5 MiB"), (1 << 40, "1 TiB")):
        yield Case("R9", f"parts of at least {name}", "push", options={"smallest_chunk": size}, resent=1.01)
    yield Case("R9", "no blob by one request", "push", expect="either", rules=[
        {"method": "POST", "path": "?digest=", "times": 0, "instead": status(400)}])


def forgotten(image):
    for times, how_often in ((1, "once"), (2, "twice")):
        yield Case("R9", f"an upload is forgotten {how_often}", "push", rules=[
            {"method": "PUT", "path": UPLOADS, "times": times, "instead": status(404)},
            {"method": "PATCH", "path": UPLOADS, "times": times, "instead": status(404)}])
    yield Case("R9", "every upload is forgotten", "push", expect="refused", quick=45, rules=[
        {"method": "PUT", "path": UPLOADS, "times": 0, "instead": status(404)}])
    yield Case("R9", "an upload broke off and is forgotten", "push", rules=[
        {"method": "PATCH", "path": UPLOADS, "take": 1 << 20},
        {"method": "GET", "path": UPLOADS, "instead": status(404)}])


def digests(image):
    kinds = (("none", None), ("a wrong one", "sha256:" + "0" * 64), ("no digest", "nonsense"),
             ("one of another algorithm", "sha512:" + "0" * 128), ("in upper case", image.large.upper()))
    for name, value in kinds:
        yield Case("R10", f"Docker-Content-Digest of a layer: {name}", "pull", rules=[
            {"method": "GET", "path": BLOBS, "times": 0, "change": fields(docker_content_digest=value)}])
        yield Case("R10", f"Docker-Content-Digest of the manifest: {name}", "pull",
                   expect="done" if value is None else "either", rules=[
                       {"method": "GET", "path": MANIFESTS, "times": 0, "change": fields(docker_content_digest=value)}])
        yield Case("R10", f"Docker-Content-Digest of what was put: {name}", "push",
                   expect="done" if value is None else "either", rules=[
                       {"method": "PUT", "times": 0, "change": fields(docker_content_digest=value)}])
    for code in (405, 501):
        yield Case("R10", f"no answer to HEAD but {code}", "push", rules=[
            {"method": "HEAD", "times": 0, "instead": status(code)}])


def cases(image):
    return [*places_of_uploads(image), *forgotten(image), *digests(image)]
