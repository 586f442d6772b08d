"""R12 and R15: requests that are refused for good, too much, and terrible text."""

import json

from case import MANIFESTS, UPLOADS, Case, places, status


def refused(image):
    for place in places(image):
        if place.what == "question for a blob":
            continue
        for code in (400, 403, 410):
            yield Case("R12", f"{code} for the {place.what}, always", place.direction, expect="refused", quick=20, rules=[
                place.rule(times=0, instead=status(code))])
    for place in places(image)[:3]:
        yield Case("R12", f"404 for the {place.what}, always", "pull", expect="refused", quick=20, rules=[
            place.rule(times=0, instead=status(404))])
    unknown = json.dumps({"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown",
                                      "detail": image.small}]})
    put = {"method": "PUT", "path": MANIFESTS}
    yield Case("R12", "a blob is not seen yet when the manifest comes, once", "push", rules=[
        {**put, "instead": status(404, body=unknown)}])
    yield Case("R12", "a blob is never seen when the manifest comes", "push", expect="refused", quick=30, rules=[
        {**put, "times": 0, "instead": status(404, body=unknown)}])
    yield Case("R12", "413 for the manifest", "push", expect="refused", quick=30, options={"largest_manifest": 100})
    yield Case("R12", "413 for the upload", "push", expect="refused", quick=30, rules=[
        {"method": method, "path": UPLOADS, "times": 0, "instead": status(413)} for method in ("PATCH", "PUT")])
    yield Case("R12", "201 for the manifest, which is not kept", "push", expect="either", rules=[
        {**put, "times": 0, "instead": status(201)}])
    yield Case("R12", "a registry that takes nothing", "push", expect="refused", quick=20, options={"read_only": True})


def too_much(_image):
    manifest = {"path": MANIFESTS, "times": 0}
    for code in (404, 500):
        yield Case("R15", f"{code} with a body of 64 MiB", "pull", expect="refused", quick=30, rules=[
            {**manifest, "instead": status(code, fill=64 << 20)}])
    yield Case("R15", "a manifest of 100 MiB", "pull", expect="refused", quick=30, rules=[
        {"method": "GET", **manifest, "change": {"fill": 100 << 20}}])
    clear = json.dumps({"errors": [{"code": "DENIED", "message": "\x1b[2J\x1b[31mgone"}]})
    deep = "[" * 100_000 + "]" * 100_000
    many = json.dumps({"errors": [{"code": "DENIED", "message": "no"}] * 10_000})
    for name, body in (("that clears the screen", clear), ("100,000 lists deep", deep), ("of 10,000 errors", many)):
        yield Case("R15", f"an error {name}", "pull", expect="refused", rules=[{**manifest, "instead": status(403, body=body)}])
    yield Case("R15", "a warning that clears the screen", "pull", rules=[
        {"times": 0, "change": {"fields": [["warning", '299 - "\x1b[2Jold"']]}}])
    yield Case("R15", "a field of 1 MiB", "pull", expect="either", quick=30, rules=[
        {**manifest, "change": {"fields": [["x-long", "x" * (1 << 20)]]}}])
    yield Case("R15", "1,000 fields", "pull", expect="either", quick=30, rules=[
        {**manifest, "change": {"fields": [[f"x-{number}", "x"] for number in range(1000)]}}])
    yield Case("R15", "a status that does not exist", "pull", expect="refused", quick=30, rules=[
        {**manifest, "instead": status(799)}])


def cases(image):
    return [*refused(image), *too_much(image)]
