"""R7, R8 and R14: credentials, and to whom they go."""

import json

from case import BASIC, BLOBS, MANIFESTS, TOKENS, UPLOADS, Case, status


def ending_tokens(image):
    for direction, what, method, path in (
            ("push", "the manifest", "PUT", MANIFESTS), ("push", "an upload's start", "POST", UPLOADS),
            ("push", "the upload's bytes are taken", "PATCH", UPLOADS), ("push", "the upload's end", "PUT", UPLOADS),
            ("push", "the question for a blob", "HEAD", BLOBS), ("pull", "a layer", "GET", f"/blobs/{image.large}"),
            ("pull", "the config", "GET", f"/blobs/{image.config}"), ("pull", "the manifest", "GET", MANIFESTS)):
        yield Case("R7", f"the token ends before {what}", direction, options=TOKENS, signed_in=True, rules=[
            {"method": method, "path": path, "expire_tokens": True}])
    for direction in ("pull", "push"):
        yield Case("R7", "tokens hold for a second", direction, options={**TOKENS, "expires_in": 1}, signed_in=True)
        yield Case("R7", "tokens do not say how long they hold", direction, options={**TOKENS, "expires_in": None},
                   signed_in=True)
        yield Case("R7", "no token is ever taken", direction, options=TOKENS, signed_in=True, expect="refused",
                   quick=30, rules=[{"times": 0, "expire_tokens": True}])
    yield Case("R7", "the right to push is not granted", "push", options={**TOKENS, "grants": ["pull"]},
               signed_in=True, expect="refused", quick=30)
    yield Case("R7", "the right to push is not granted, and not needed", "pull", options={**TOKENS, "grants": ["pull"]},
               signed_in=True)


def redirects(image):
    layer = {"method": "GET", "path": f"/blobs/{image.large}", "times": 0}
    signed = {"options": BASIC, "signed_in": True}
    for code in (301, 302, 303, 307, 308):
        yield Case("R8", f"{code} of the layer to another host", "pull", **signed, rules=[
            {**layer, "instead": status(code, fields={"location": f"@OTHER@/v2/app/blobs/{image.large}"})}])
        yield Case("R8", f"{code} of the manifest to another host", "pull", **signed, rules=[
            {"method": "GET", "path": MANIFESTS, "times": 0,
             "instead": status(code, fields={"location": "@OTHER@/v2/app/manifests/v1"})}])
    for code in (301, 302, 307, 308):
        for what, method, path, to in (("an upload's start", "POST", UPLOADS, "blobs/uploads/"),
                                       ("the manifest", "PUT", MANIFESTS, "manifests/v1"),
                                       ("the question for a blob", "HEAD", BLOBS, f"blobs/{image.large}")):
            yield Case("R8", f"{code} of {what} to another host", "push", expect="either", quick=45, **signed, rules=[
                {"method": method, "path": path, "times": 0,
                 "instead": status(code, fields={"location": f"@OTHER@/v2/app/{to}"})}])
    for name, place in (("a file", "file:///etc/hostname"),
                        ("the address of metadata services", "http://169.254.169.254/x"),
                        ("itself, for ever", f"@HOST@/v2/app/blobs/{image.large}"), ("nowhere, without Location", None),
                        ("a place with a user name", f"http://me:x@127.0.0.1/v2/app/blobs/{image.large}"),
                        ("a port where nobody listens", "http://127.0.0.1:9/x"), ("what is no URL", "http://[::1")):
        yield Case("R8", f"302 of the layer to {name}", "pull", expect="refused", quick=30, **signed, rules=[
            {**layer, "instead": status(302, fields={"location": place} if place else {})}])
    for name, place in (("its own place, once", f"@HOST@/v2/app/blobs/{image.large}"),
                        ("its own place without a host, once", f"/v2/app/blobs/{image.large}"),
                        ("its own place with a fragment, once", f"/v2/app/blobs/{image.large}#here")):
        yield Case("R8", f"302 of the layer to {name}", "pull", **signed, rules=[
            {**layer, "times": 1, "instead": status(302, fields={"location": place})}])


def realms(_image):
    challenge = 'Bearer realm="{}",service="registry.example"'

    def always(field):
        return [{"times": 0, "instead": status(401, fields={"www-authenticate": field})}]

    for name, realm in (("file:", "file:///etc/passwd"), ("another scheme", "gopher://127.0.0.1/"),
                        ("metadata", "http://169.254.169.254/token"), ("nothing", ""),
                        ("a user name", "http://me:x@127.0.0.1/token"),
                        ("another host that nobody named", "@OTHER@/token")):
        at = f"a realm at {name}" if realm.startswith("@") else f"a realm of {name}"
        yield Case("R14", at, "pull", expect="refused", quick=30, signed_in=True, rules=always(challenge.format(realm)))
    for name, field in (("no known scheme", "Negotiate"), ("a quote that does not end", 'Bearer realm="http://x'),
                        ("nothing at all", "")):
        yield Case("R14", f"a challenge with {name}", "pull", expect="refused", quick=30, signed_in=True,
                   rules=always(field))
    for direction in ("pull", "push"):
        yield Case("R14", "a challenge with commas in quotes and two schemes", direction, signed_in=True, options=TOKENS,
                   rules=[{"instead": status(401, fields={
                       "www-authenticate": 'Custom a="x, Bearer realm=1", b=c, Bearer realm="@REALM@",'
                                           'service="registry.example",scope="repository:app:pull,push"'})}])


def token_answers(_image):
    for name, answer in (("1 MiB of token", {"body": json.dumps({"token": "t" * (1 << 20)})}),
                         ("a number as token", {"body": '{"token": 7}'}), ("no JSON", {"body": "<html>"}),
                         ("500", {"status": 500}), ("401", {"status": 401}), ("403", {"status": 403}),
                         ("404", {"status": 404}), ("an empty token", {"body": '{"token": ""}'}),
                         ("a token of two lines", {"body": '{"token": "a\\r\\nX-Evil: b"}'}),
                         ("a list", {"body": "[]"}),
                         ("a redirect to another host", status(307, fields={"location": "@OTHER@/token"}))):
        yield Case("R14", f"a token server that answers {name}", "pull", expect="refused", quick=45, signed_in=True,
                   options={**TOKENS, "token_answer": answer})
    for name, answer in (("500 once", {"status": 500}), ("503 once", {"status": 503}),
                         ("429 once", status(429, fields={"retry-after": "1"})), ("nothing once", {"none": True})):
        yield Case("R14", f"a token server that answers {name}", "pull", quick=30, signed_in=True,
                   options={**TOKENS, "token_answer": answer, "token_answers": 1})


def cases(image):
    return [*ending_tokens(image), *redirects(image), *realms(image), *token_answers(image)]
