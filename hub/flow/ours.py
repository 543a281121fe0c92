"""Our side of a sync: a customer's fields as text, and setting them."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import select

from hub.flow import customers
from hub.flow.batches import these
from hub.flow.effects import Subject, open_values, segments_of
from hub.flow.held import Held
from hub.flow.identity import Known
from hub.models import Consent, Customer, Profile
from hub.work import Work

Fields = dict[str, str | None]
PERSONAL = {"name", "email", "phone", "address"}
# what `touched` calls a change -> our fields that may differ by it
CHANGES: Mapping[str, tuple[str, ...]] = {
    "name": ("given_name", "family_name"),
    "email": ("email",),
    "phone": ("phone",),
    "address": ("address",),
    "customer.language": ("language",),
    "customer.branch": ("branch",),
    "customer.joined_on": ("joined_on",),
    "loyalty": ("tier",),
    "segments": ("segments",),
    "consents": ("consents",),
}

# Made once: making one costs more than the look-up, and each merge looks.
STANDING = (
    select(Customer.id, Customer.language, Customer.branch, Customer.joined_on, Profile.loyalty_tier)
    .outerjoin(Profile, Profile.customer_id == Customer.id)
    .where(these(Customer.id))
)
SAID = (
    select(Consent.person_id, Consent.purpose, Consent.channel, Consent.state)
    .where(these(Consent.person_id))
    .order_by(Consent.at, Consent.id)
)


def fields_of(changes: Iterable[str]) -> set[str]:
    return {name for change in changes for name in CHANGES.get(change, ())}


def read(work: Work, subjects: Iterable[Subject]) -> dict[int, Fields]:
    """customer id -> all fields that can be kept in step; None is empty. Of somebody who was erased there is nothing."""
    work.session.flush()
    by_id = {one.customer_id: one for one in subjects if one.data_key_id is not None}
    opened = open_values(work, [(one, set(PERSONAL)) for one in by_id.values()])
    segments = segments_of(work, list(by_id))
    agreed = _agreed(work, {one.person_id for one in by_id.values()})
    found: dict[int, Fields] = {}
    if by_id:
        for customer_id, language, branch, joined_on, tier in work.session.execute(STANDING, {"ids": sorted(by_id)}):
            personal = opened.get(by_id[customer_id].person_id, {})
            given, family = parts(personal.get("name"))
            found[customer_id] = {
                "given_name": given,
                "family_name": family,
                **{name: personal.get(name) for name in ("email", "phone", "address")},
                "language": language,
                "branch": branch,
                "joined_on": joined_on.isoformat() if joined_on else None,
                "segments": ";".join(segments.get(customer_id, ())) or None,
                "tier": tier,
                "consents": ";".join(sorted(agreed.get(by_id[customer_id].person_id, ()))) or None,
            }
    return found


def _agreed(work: Work, persons: set[int]) -> dict[int, set[str]]:
    """person id -> `purpose:channel` of each last word that is a yes."""
    found: dict[int, set[str]] = {}
    if persons:
        for person_id, purpose, channel, state in work.session.execute(SAID, {"ids": sorted(persons)}):
            mine = found.setdefault(person_id, set())
            (mine.add if state == "granted" else mine.discard)(f"{purpose}:{channel}")
    return found


def write(work: Work, held: Held, known: Known, now: Fields, changes: Fields) -> set[str]:
    """Set fields; answers what changed, in the words of `touched`. now: the fields as they are."""
    values: dict[str, str | date | None] = {
        name: value for name, value in changes.items() if name in {"email", "phone", "address", "language", "branch"}
    }
    if "joined_on" in changes:
        values["joined_on"] = date.fromisoformat(changes["joined_on"]) if changes["joined_on"] else None
    if not changes.keys().isdisjoint({"given_name", "family_name"}):
        values["name"] = whole_name(*(changes.get(name, now[name]) for name in ("given_name", "family_name")))
    return customers.set_fields(work, held, known, values, known.person.jurisdiction)


def parts(name: str | None) -> tuple[str | None, str | None]:
    """Given names and family name: what stands after the last plain space. Names are told as one text elsewhere, so a
    family name of several words keeps together by no-break spaces, and a given name alone ends in a space."""
    text = re.sub(" +", " ", (name or "").lstrip())
    given, _, family = text.rpartition(" ")
    return given or None, " ".join(family.split()) or None


def whole_name(given: str | None, family: str | None) -> str:
    """The reverse of `parts`."""
    last = "\u00a0".join((family or "").split())
    return f"{given} {last}" if given else last
