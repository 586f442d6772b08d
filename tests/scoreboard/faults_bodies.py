"""R3 to R6: transfers that break off, stall or bring something else."""

from case import MANIFESTS, UPLOADS, Case, fields, status

HTML = {"content-type": "text/html"}


def broken_off(image):
    large = f"/blobs/{image.large}"
    for at in (0, 1, 1000, 2 << 20, 5 << 20, len(image.blobs[0]) - 1):
        for reset in (False, True):
            # What a reset throws away on its way has been sent, and must be sent again.
            yield Case("R3", f"{'reset' if reset else 'end'} after {at} bytes of a layer", "pull",
                       resent=0 if reset else 1.1,
                       rules=[{"method": "GET", "path": large, "change": {"cut": at, "reset": reset}}])
    for what, path in (("the config", f"/blobs/{image.config}"), ("the manifest", MANIFESTS)):
        for at in (0, 1, 100):
            yield Case("R3", f"end after {at} bytes of {what}", "pull", resent=1.1, rules=[
                {"method": "GET", "path": path, "change": {"cut": at}}])
    for step in (64 << 10, 256 << 10, 2 << 20):
        yield Case("R3", f"end after every {step >> 10} KiB of a layer", "pull", resent=1.1, rules=[
            {"method": "GET", "path": large, "times": 0, "change": {"cut": step}}])
    for at in (0, 1000, 3 << 20, len(image.blobs[0]) - 1):
        yield Case("R3", f"an upload breaks off after {at} bytes", "push", rules=[
            {"method": "PUT", "path": UPLOADS, "take": at}, {"method": "PATCH", "path": UPLOADS, "take": at}])
    yield Case("R3", "an upload breaks off three times", "push", rules=[
        {"method": "PATCH", "path": UPLOADS, "take": 1 << 20, "times": 3}])


def wrong_parts(image):
    """What follows 2 MiB of a layer is not what was asked for."""
    large, size = f"/blobs/{image.large}", len(image.blobs[0])
    cut = {"method": "GET", "path": large, "change": {"cut": 2 << 20}}

    def then(name, change, expect="either"):
        return Case("R3", f"end after 2 MiB, then {name}", "pull", expect=expect, rules=[
            cut, {"method": "GET", "path": large, "ranges": "only", "times": 0, **change}])

    whole = {"status": 200, "file": str(image.file(image.blobs[0])), **fields(content_range=None)}
    yield then("Range is ignored", {"change": whole}, "done")
    yield then("another part than asked for", {"change": fields(content_range=f"bytes 0-99/{size}")})
    yield then("a part that does not say which", {"change": fields(content_range=None)})
    yield then("a part of a larger layer", {"change": fields(content_range=f"bytes {2 << 20}-{size - 1}/{size + 1}")})
    yield then("a part of what is no range", {"change": fields(content_range="bytes 5-2/x")})
    yield then("416", {"instead": status(416)})
    yield then("404", {"instead": status(404)})
    yield then("a page of HTML", {"instead": status(200, body="<html>sign in</html>", fields=HTML)})


def wrong_lengths(image):
    for what, path, keep in (("layer", f"/blobs/{image.large}", 1 << 20), ("config", f"/blobs/{image.config}", 50)):
        always = {"method": "GET", "path": path, "times": 0}
        yield Case("R4", f"a {what} ends early, with its length wrong, always", "pull", expect="refused", rules=[
            {**always, "change": {"keep": keep}}])
        yield Case("R4", f"a {what} ends early, in chunks, once", "pull", rules=[
            {"method": "GET", "path": path, "change": {"chunked": True, "keep": keep}}])
        yield Case("R4", f"a {what} is too long", "pull", expect="refused", rules=[
            {**always, "change": {"append": "more"}}])
        yield Case("R4", f"a {what} said to be encoded by gzip", "pull", expect="either", rules=[
            {**always, "change": fields(content_encoding="gzip")}])
        yield Case("R4", f"a {what} in chunks, without a length", "pull", rules=[{**always, "change": {"chunked": True}}])
        yield Case("R4", f"a {what} that ends with the connection, without a length", "pull", rules=[
            {**always, "change": {"without_length": True}}])
        yield Case("R4", f"an empty {what}", "pull", expect="refused", rules=[{**always, "change": {"keep": 0}}])
    yield Case("R4", "a manifest is too long", "pull", expect="refused", by_digest=True, rules=[
        {"method": "GET", "path": MANIFESTS, "times": 0, "change": {"append": "{}"}}])
    yield Case("R4", "a manifest in chunks, without a length", "pull", rules=[
        {"method": "GET", "path": MANIFESTS, "times": 0, "change": {"chunked": True}}])


def wrong_bytes(image):
    parts = (("layer", f"/blobs/{image.large}"), ("config", f"/blobs/{image.config}"), ("manifest", MANIFESTS))
    for what, path in parts:
        always = {"method": "GET", "path": path, "times": 0}
        yield Case("R5", f"one bit of the {what} flipped, always", "pull", expect="refused", by_digest=True, rules=[
            {**always, "change": {"flip": 700}}])
        yield Case("R5", f"a page of HTML with 200 instead of the {what}", "pull", expect="refused", rules=[
            {**always, "instead": status(200, body="<html>sign in</html>", fields=HTML)}])
        yield Case("R5", f"other bytes instead of the {what}", "pull", expect="refused", by_digest=True, rules=[
            {**always, "change": {"file": str(image.file(image.blobs[1]))}}])
    yield Case("R5", "zeros instead of the layer", "pull", expect="refused", rules=[
        {"method": "GET", "path": f"/blobs/{image.large}", "times": 0, "change": {"fill": len(image.blobs[0])}}])


def slow(image):
    parts = (("a layer", f"/blobs/{image.large}"), ("a config", f"/blobs/{image.config}"), ("a manifest", MANIFESTS))
    for what, path in parts:
        yield Case("R6", f"{what} stalls for good after the head", "pull", quick=55, patient=True, rules=[
            {"method": "GET", "path": path, "change": {"pause_ms": 600_000}}])
        yield Case("R6", f"{what} comes after two seconds", "pull", resent=1.01, rules=[
            {"method": "GET", "path": path, "change": {"pause_ms": 2000}}])
    yield Case("R6", "a layer trickles", "pull", quick=55, patient=True, rules=[
        {"method": "GET", "path": f"/blobs/{image.large}", "change": {"pause_ms": 100, "trickle": True}}])
    yield Case("R6", "a manifest comes byte by byte", "pull", rules=[
        {"method": "GET", "path": MANIFESTS, "change": {"pause_ms": 2, "trickle": True, "trickle_head": True}}])
    yield Case("R6", "an upload's end is answered after two seconds", "push", resent=1.01, rules=[
        {"method": "PUT", "path": UPLOADS, "change": {"pause_ms": 2000}}])


def cases(image):
    return [*broken_off(image), *wrong_parts(image), *wrong_lengths(image), *wrong_bytes(image), *slow(image)]
