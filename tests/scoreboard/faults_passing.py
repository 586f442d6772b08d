"""R1 and R2: told to wait, and errors that pass."""

from case import BLOBS, Case, places, status


def waiting(image):
    for place in places(image):
        for code in (429, 503):
            yield Case("R1", f"{code}, Retry-After: 2, on the {place.what}", place.direction, waits=1.8, rules=[
                place.rule(instead=status(code, fields={"retry-after": "2"}))])
        yield Case("R1", f"429 with nothing else, on the {place.what}", place.direction, rules=[
            place.rule(instead=status(429))])
    for place in places(image)[:3]:
        # A date has whole seconds, and some pass before the tool has begun.
        yield Case("R1", f"429, Retry-After: a date in 5 seconds, on the {place.what}", "pull", waits=2.5, rules=[
            place.rule(instead=status(429, fields={"retry-after": "@DATE+5@"}))])
        yield Case("R1", f"429, Retry-After: 1, on the {place.what}, three times", "pull", waits=0.9, rules=[
            place.rule(times=3, instead=status(429, fields={"retry-after": "1"}))])
    for name, value in (("a day in seconds", "86400"), ("a day as a date", "@DATE+86400@")):
        yield Case("R1", f"429, Retry-After: {name}, always", "pull", expect="refused", quick=10, rules=[
            {"path": BLOBS, "times": 0, "instead": status(429, fields={"retry-after": value})}])
    for value in ("-1", "soon", "0", "99999999999999999999", "@DATE+-60@"):
        said = "a minute ago" if value.startswith("@") else value
        expect = "either" if len(value) > 10 and said == value else "done"
        yield Case("R1", f"429, Retry-After: {said}", "pull", expect=expect, quick=30, rules=[
            {"path": BLOBS, "instead": status(429, fields={"retry-after": value})}])
    yield Case("R1", "429 with nothing else, twice", "pull", rules=[{"path": BLOBS, "times": 2, "instead": status(429)}])


def failing(image):
    for place in places(image):
        for code in (408, 500, 502, 503, 504):
            yield Case("R2", f"{code} on the {place.what}, twice", place.direction, rules=[
                place.rule(times=2, instead=status(code))])
        for times, how_often in ((1, ""), (3, ", three times")):
            yield Case("R2", f"reset instead of an answer on the {place.what}{how_often}", place.direction, rules=[
                place.rule(times=times, instead={"none": True})])
    for place in places(image):
        if place.what in ("layer", "manifest", "upload's start"):
            yield Case("R2", f"500 on the {place.what}, always", place.direction, expect="refused", rules=[
                place.rule(times=0, instead=status(500))])


def cases(image):
    return [*waiting(image), *failing(image)]
