"""R17: servers that are not who they should be."""

from case import MANIFESTS, Case


def cases(image):
    yield Case("R17", "nothing is wrong, over TLS", "pull", options={"tls": "right"})
    for name, tls in (("a certificate of a stranger", "stranger"), ("a certificate for another host", "other-host"),
                      ("a certificate that is over", "expired"), ("a certificate that does not hold yet", "early"),
                      ("TLS 1.0", "old")):
        yield Case("R17", name, "pull", expect="refused", quick=45, options={"tls": tls})
    large = {"method": "GET", "path": f"/blobs/{image.large}"}
    yield Case("R17", "end after 2 MiB of a layer, over TLS", "pull", resent=1.1, options={"tls": "right"}, rules=[
        {**large, "change": {"cut": 2 << 20}}])
    yield Case("R17", "a layer ends early, without a length, over TLS", "pull", options={"tls": "right"}, rules=[
        {**large, "change": {"cut": 2 << 20, "without_length": True}}])
    yield Case("R17", "a redirect of the manifest from TLS to none", "pull", expect="refused", quick=30,
               options={"tls": "right"}, rules=[
                   {"method": "GET", "path": MANIFESTS, "times": 0, "instead": {
                       "status": 307, "fields": [["location", "@OTHER@/v2/app/manifests/v1"]]}}])
