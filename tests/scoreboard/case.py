"""A fault: what the registry does, and what a good client makes of it; and the words for writing faults down."""

import dataclasses


@dataclasses.dataclass
class Case:
    """One fault.

    It has an id of the list of faults (R1 to R17), a direction, rules for fault_registry, and what must come of
    it: `done` (everything arrived), `refused` (an error, nothing of it kept under the image's name), or `either`
    (but never wrong bytes). Besides: `waits` seconds between a rule's answer and the next request at least;
    `resent` times the image's bytes at most; `quick` seconds at most.
    """

    rule: str  # of the list: R1 …
    name: str
    direction: str  # pull, push, or mount: from one repository of the registry to another
    rules: list = dataclasses.field(default_factory=list)
    expect: str = "done"
    waits: float = 0
    resent: float = 0
    quick: float = 0
    options: dict = dataclasses.field(default_factory=dict)
    signed_in: bool = False
    manifests: list = dataclasses.field(default_factory=list)
    by_digest: bool = False
    referrers: bool = False  # those of the image must come with it
    patient: bool = False  # takes as long as the limits on silence: begun first

    def title(self):
        return f"{self.rule} {self.direction} {self.name}"


BLOBS, MANIFESTS, UPLOADS, REFERRERS = "/blobs/", "/manifests/", "/blobs/uploads/", "/referrers/"
BASIC = {"user": "me", "password": "secret"}
TOKENS = {"tokens": True}


@dataclasses.dataclass
class Place:
    """A kind of request that a client makes."""

    direction: str
    what: str
    method: str
    path: str

    def rule(self, **more):
        return {"method": self.method, "path": self.path, **more}


def places(image):
    """What a client asks for when it pulls, and when it pushes."""
    return [
        Place("pull", "manifest", "GET", MANIFESTS),
        Place("pull", "config", "GET", f"/blobs/{image.config}"),
        Place("pull", "layer", "GET", f"/blobs/{image.large}"),
        Place("push", "question for a blob", "HEAD", BLOBS),
        Place("push", "upload's start", "POST", UPLOADS),
        Place("push", "upload's bytes", "PATCH", UPLOADS),
        Place("push", "upload's end", "PUT", UPLOADS),
        Place("push", "manifest", "PUT", MANIFESTS),
    ]


def status(code, **more):
    """An answer; `fields` by name, nothing takes one away."""
    fields = more.pop("fields", {})
    return {"status": code, "fields": [list(field) for field in fields.items()], **more}


def fields(**named):
    """A change of fields; underscores in names stand for dashes."""
    return {"fields": [[name.replace("_", "-"), value] for name, value in named.items()]}
