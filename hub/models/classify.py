"""What every column is, for the privacy registry: personal or not, why kept, for how long, and how it ends at erasure."""

from typing import Any, Literal

Personal = Literal["no", "ref", "sealed", "index"]
Erase = Literal["shred", "anonymise", "archive", "keep"]


def kept(personal: Personal, purpose: str, retention: str, erase: Erase) -> dict[str, Any]:
    """The `info` of a column. personal: `ref` points at a person, `sealed` is ciphertext under the person's key,
    `index` is a keyed hash. retention: a name that config/policies/retention gives a period."""
    return {"personal": personal, "purpose": purpose, "retention": retention, "erase": erase}


PLAIN = kept("no", "operation", "operation", "keep")  # settings and counters: nobody in particular
TRAFFIC = kept("no", "integration", "traffic", "archive")  # state of a delivery or message, refs at most
TRAFFIC_REF = kept("ref", "integration", "traffic", "anonymise")
PAYLOAD = kept("sealed", "integration", "traffic", "shred")  # partner's bytes under the delivery's own key
SERVICE = kept("no", "service", "service_history", "anonymise")  # facts of the garage's work
SERVICE_REF = kept("ref", "service", "service_history", "anonymise")
LOYALTY = kept("no", "loyalty", "service_history", "anonymise")
CAMPAIGN = kept("no", "campaigns", "campaigns", "anonymise")
CAMPAIGN_REF = kept("ref", "campaigns", "campaigns", "anonymise")
CAMPAIGN_SEALED = kept("sealed", "campaigns", "campaigns", "shred")  # free text about a person, under their key
SEALED = kept("sealed", "service", "customer", "shred")  # personal value under the person's data key
INDEX = kept("index", "lookup", "customer", "shred")  # keyed blind index, dies with its pepper
KEY = kept("ref", "protection", "customer", "shred")  # wrapped data keys
PROOF = kept("ref", "accountability", "accountability", "archive")  # consent, holds, tombstones, audit: refs only
ACCESS = kept("ref", "access", "access", "shred")  # sessions, tokens, roles
ACCESS_SEALED = kept("sealed", "access", "access", "shred")  # a key on its way to its owner, under their own key
STATUTORY = kept("ref", "taxes", "statutory", "archive")  # what a tax law wants kept of somebody who was erased
STATUTORY_SEALED = kept("sealed", "taxes", "statutory", "archive")  # under a key of its own, which ends with the term
DOCUMENT = kept("no", "documents", "documents", "shred")  # goes with the person, with all that stands around it
DOCUMENT_REF = kept("ref", "documents", "documents", "shred")
