"""R11 and R13: blobs from another repository of the registry, and what refers to an image."""

from case import BASIC, REFERRERS, TOKENS, Case, fields, status


def mounts(_image):
    asked = {"method": "POST", "path": "mount=", "times": 0}
    yield Case("R11", "nothing is wrong", "mount")
    yield Case("R11", "nothing is wrong, with tokens", "mount", options=TOKENS, signed_in=True)
    yield Case("R11", "the registry does not mount", "mount", options={"mounts": False})
    yield Case("R11", "202 without a place", "mount", rules=[
        {**asked, "instead": status(202)}])
    for code in (400, 404, 405):
        yield Case("R11", f"{code} for mounts", "mount", rules=[{**asked, "instead": status(code)}])
    for code in (429, 500, 503):
        yield Case("R11", f"{code} for a mount, once", "mount", rules=[
            {**asked, "times": 1, "instead": status(code)}])
    yield Case("R11", "reset instead of an answer to a mount, once", "mount", rules=[
        {**asked, "times": 1, "instead": {"none": True}}])
    yield Case("R11", "401 for mounts", "mount", options=BASIC, signed_in=True, expect="either", quick=30, rules=[
        {**asked, "instead": status(401, fields={"www-authenticate": "Basic realm=x"})}])
    yield Case("R11", "mounts are promised and not made", "mount", expect="either", quick=30, rules=[
        {**asked, "instead": status(201)}])
    yield Case("R11", "a place at another host instead of a mount", "mount", options=BASIC, signed_in=True,
               expect="either", quick=45, rules=[
                   {**asked, "instead": status(202, fields={"location": "@OTHER@/v2/app/blobs/uploads/none"})}])


def referrers(image):
    listed = {"method": "GET", "path": REFERRERS, "times": 0}
    usual = {"referrers": True, "quick": 30, "manifests": [image.signature_entry()]}

    def case(name, rules=(), **more):
        return Case("R13", name, "pull", rules=list(rules), **{**usual, **more})

    yield case("nothing is wrong")
    yield case("the registry lists no referrers", options={"referrers": False}, manifests=[
        *usual["manifests"], image.fallback_entry()])
    yield case("a page of HTML instead of the list", [
        {**listed, "instead": status(200, body="<html></html>", fields={"content-type": "text/html"})}],
               manifests=[*usual["manifests"], image.fallback_entry()])
    for code in (429, 500, 503):
        yield case(f"{code} for the list, once", [{**listed, "times": 1, "instead": status(code)}])
    yield case("the list breaks off, once", [{**listed, "times": 1, "change": {"cut": 20}}])
    yield case("the list is no JSON", [{**listed, "change": {"keep": 20}}], expect="refused")
    yield case("the list's pages go in a circle", [
        {**listed, "change": fields(link=f"</v2/app/referrers/{image.digest}?from=0>; rel=\"next\"")}], expect="refused")
    yield case("the list's next page is elsewhere", [
        {**listed, "change": fields(link=f"<@OTHER@/v2/app/referrers/{image.digest}>; rel=\"next\"")}],
               options=BASIC, signed_in=True, expect="either")
    yield case("500 for the list, always", [{**listed, "instead": status(500)}], expect="refused")


def cases(image):
    return [*mounts(image), *referrers(image)]
