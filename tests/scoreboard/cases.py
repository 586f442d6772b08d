"""All cases: R0 here, the others in the modules that are named after what errs."""

import faults_bodies
import faults_credentials
import faults_documents
import faults_mounts
import faults_passing
import faults_refusals
import faults_tls
import faults_uploads
from case import BASIC, TOKENS, Case


def nothing():
    """R0: no fault. A tool that fails here has not been called as it should."""
    for direction in ("pull", "push"):
        yield Case("R0", "nothing is wrong", direction, resent=1.01)
        yield Case("R0", "nothing is wrong, with a password", direction, signed_in=True, resent=1.01, options=BASIC)
        yield Case("R0", "nothing is wrong, with tokens", direction, signed_in=True, resent=1.01, options=TOKENS)


def all_cases(image):
    """In the order of their rules."""
    found = list(nothing())
    for module in (faults_passing, faults_bodies, faults_credentials, faults_uploads, faults_refusals, faults_mounts,
                   faults_documents, faults_tls):
        found += module.cases(image)
    return sorted(found, key=lambda case: int(case.rule[1:]))
