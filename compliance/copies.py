"""A person's rows as they lie at another home: what travels, what ends, and the hash by which both homes compare."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select

from compliance.counting import counts, rows_of
from compliance.registry import RecordSet, by_table, readable_sets
from compliance.settling import settled
from hub.core import Hub
from hub.errors import WrongInput
from hub.flow import documents
from hub.flow.residence import Residences
from hub.gate import erase_rows
from hub.models import Base, Customer, DataKey, Merger, Notice, Person, Vehicle, table
from hub.vault import OpenKey, Sealed, read_header
from hub.work import Work

Rows = list[dict[str, Any]]

# Parents before their children. Ids hold the number of their cell, so they are nobody else's at the new home.
TRAVELS = (
    "personal_values", "aliases", "consents", "profiles", "ownerships", "membership_cards", "tiers", "ledger_entries", "visits",
    "lines", "invoices", "recommendations", "inspections", "findings", "appointments", "events", "documents", "document_shares",
    "document_views", "conversations", "handoffs", "posts", "reply_timers",
)  # fmt: skip
# Whoever has one of these cannot move: a fleet's contracts are between it and the garages of this home.
STOPS = ("fleets",)
# Proof of what was done here stays where it was done.
STAYS = (
    "archived_invoices",
    "breach_people",
    "consent_asks",
    "erasure_requests",
    "legal_holds",
    "mergers",
    "person_requests",
    "moves",
)
# Made anew at the new home, or of meaning only between this home and its own partners, desks and rules: it ends here.
ENDS = frozenset(
    {"links", "principals", "agreements", "conflicts", "counterparts", "duplicates", "enrollments", "exposures",
     "incidents", "memberships", "needs", "outreach", "pins", "referrals", "scores", "slots", "tasks", "estimates", "offers",
     "challenges", "endpoints", "identities", "passkeys", "roles", "seats", "sessions", "sign_in_links", "tokens", "jobs",
     "step_log", "service_levels", "assignments", "timers", "costs", "guest_links", "car_invitations", "estimate_lines", "attempts",
     "job_parts", "timer_events", "timer_marks"}
)  # fmt: skip
# Beside them, what they point at and others may point at, too: taken along where the new home does not have it.
SHARED: Mapping[str, tuple[type[Base], str, str]] = {
    "vehicles": (Vehicle, "id", "vehicle_id"),
    "notices": (Notice, "hash", "notice"),
}


def rows_here(work: Work, customer: Customer) -> dict[str, int]:
    """record set -> rows, of those that have any."""
    found = counts(work.session, by_table(readable_sets()), customer.person_id, customer.id)
    return {name: number for name, number in found.items() if number}


def packed(old: Work, to: Hub, new: Work, person: Person, customer: Customer) -> dict[str, Rows]:
    """Each record set's rows as they will lie at the new home: its region, its own connection, its pepper. Ciphertexts stay
    as they are under the person's key and only name the new region: that key travels, wrapped by the new region's."""
    sets = by_table(readable_sets())
    key, epoch = old.key(person.data_key_id), new.vault.epochs(new.session)[0]
    found = {name: _read(old, sets[name], person.id, customer.id) for name in TRAVELS}
    for name in SHARED:
        found[name] = _pointed_at(old, name, found)
    for row in found["aliases"]:
        value = old.vault.unseal(key, row["sealed"], f"alias:{row['kind']}:{person.id}").decode()
        row.update(hash=new.vault.blind(epoch, row["kind"], value), epoch=epoch)
    for row in found["documents"]:  # known again by whoever sends it there, under whatever key
        if row["sent"] is not None:
            digest = old.vault.unseal(key, row["sent"], documents.sent_context(row["id"]))
            row.update(
                content_hash=documents.content_hash(new.vault, digest),
                key_hash=documents.moved_hash(new.vault, row["id"]),
            )
    visits = {row["id"] for row in found["visits"]}
    return {name: [_there(name, row, old, to, person, visits) for row in rows] for name, rows in found.items()}


def law_there(to: Hub, person: Person) -> str:
    """Their own law where the new home serves it, else the home's."""
    there = Residences(to)
    return there.law(person.jurisdiction) if person.jurisdiction in there else to.here.jurisdiction


def unpack(
    new: Work, to: Hub, secret: OpenKey, packed_rows: Mapping[str, Rows], person: Person, customer: Customer
) -> None:
    """Write them down, with the person, who stays frozen until the switch."""
    epoch = new.vault.epochs(new.session)[0]
    wrapped = new.vault.wrap(secret, epoch)
    law = law_there(to, person)
    own: dict[str, Any] = {"region": to.region_code}
    new.session.merge(DataKey(id=secret.id, owner_kind="person", wrapped=wrapped, epoch=epoch, made_at=new.now, **own))
    new.session.merge(Person(id=person.id, ref=person.ref, jurisdiction=law, data_key_id=secret.id, made_at=person.made_at,
                             erased_at=None, restricted_at=new.now, unprofiled_at=person.unprofiled_at, moved_to=None, **own))  # fmt: skip
    new.session.merge(Customer(id=customer.id, ref=customer.ref, person_id=person.id, branch=None, language=customer.language,
                               joined_on=customer.joined_on, version=customer.version, made_at=customer.made_at, **own))  # fmt: skip
    new.session.flush()
    for name in (*SHARED, *TRAVELS):
        rows = packed_rows[name]
        if name in SHARED:
            key = SHARED[name][1]
            known = {row[key] for row in _pointed_at(new, name, packed_rows)}
            rows = [row for row in rows if row[key] not in known]
        if rows:
            new.session.execute(insert(Base.metadata.tables[name]), rows)


def led_here(old: Work, customer: Customer) -> list[tuple[Merger, Customer, Person]]:
    """The shells of those who were merged into them: empty, but their refs are known outside and lead to this customer."""
    lost = select(Merger, Customer, Person).join(Customer, Customer.id == Merger.lost_id)
    mine = lost.join(Person, Person.id == Customer.person_id).where(Merger.kept_id == customer.id)
    return [(row[0], row[1], row[2]) for row in old.session.execute(mine.order_by(Merger.lost_id))]


def lead(new: Work, to: Hub, shells: Sequence[tuple[Merger, Customer, Person]]) -> None:
    """Refs that lead to a customer go on leading to them at the new home. Idempotent."""
    own: dict[str, Any] = {"region": to.region_code}
    for merger, lost, person in shells:
        new.session.merge(Person(id=person.id, ref=person.ref, jurisdiction=law_there(to, person), data_key_id=None,
                                 made_at=person.made_at, erased_at=person.erased_at, restricted_at=person.restricted_at,
                                 unprofiled_at=person.unprofiled_at, moved_to=None, **own))  # fmt: skip
        new.session.merge(Customer(id=lost.id, ref=lost.ref, person_id=person.id, branch=None, language=None, joined_on=None,
                                   version=lost.version, made_at=lost.made_at, **own))  # fmt: skip
        new.session.flush()
        new.session.merge(Merger(lost_id=lost.id, kept_id=merger.kept_id, merged_at=merger.merged_at,
                                 merged_by=merger.merged_by, **own))  # fmt: skip
    new.session.flush()


def take_back(new: Work, person_id: int, customer_id: int) -> None:
    """A copy that nobody has used yet, and that differs from what lies at home by now. Children before their parents."""
    for name in reversed(TRAVELS):
        ways = by_table(readable_sets())[name]
        model = next(one.class_ for one in Base.registry.mappers if one.local_table is ways[0].table)
        where = rows_of(ways, person_id, customer_id)
        erase_rows(new.session, model, where, record_set=name, persons=[person_id], now=new.now)
    new.session.flush()


def written(new: Work, person_id: int, customer_id: int) -> dict[str, Rows]:
    """What lies at the new home of the same record sets."""
    sets = by_table(readable_sets())
    return {name: _read(new, sets[name], person_id, customer_id) for name in TRAVELS}


def hashes_of(several: Mapping[str, Rows], digests: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """record set -> rows and SHA-256 of them in the order of their text. digests: what each document's file holds, which stands
    for its name and its key: those differ at both homes."""
    found = {}
    for name in TRAVELS:
        rows = several[name]
        if name == "documents":
            rows = [{**row, "file": digests.get(row["file"], row["file"]), "key": ""} for row in rows]
        lines = sorted(json.dumps(row, sort_keys=True, default=_plain) for row in rows)
        if lines:
            found[name] = {"rows": len(lines), "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest()}
    return found


def check_can_travel(rows: Mapping[str, int]) -> None:
    stopped = [name for name in STOPS if rows.get(name)]
    if stopped:
        raise WrongInput(
            f"Rows of {', '.join(stopped)} cannot move.",
            "Hand them over or let them end first: hub privacy export.",
        )


def _pointed_at(work: Work, name: str, several: Mapping[str, Rows]) -> Rows:
    model, key, column = SHARED[name]
    wanted = {row[column] for one in TRAVELS for row in several[one] if row.get(column)}
    rows = work.session.execute(select(table(model)).where(table(model).c[key].in_(wanted))).mappings()
    return [dict(row) for row in rows]


def _read(work: Work, ways: Sequence[RecordSet], person_id: int, customer_id: int) -> Rows:
    found = work.session.execute(select(ways[0].table).where(rows_of(ways, person_id, customer_id))).mappings()
    return [dict(row) for row in found]


def _there(name: str, row: dict[str, Any], old: Work, to: Hub, person: Person, visits: set[int]) -> dict[str, Any]:
    """visits: theirs; whoever paid for another's has the invoice and not the visit."""
    found = settled(name, row, to, person)
    if found.get("visit_id") not in visits and "visit_id" in found:
        found["visit_id"] = None
    return {
        key: _retagged(value, old, to.region_code) if isinstance(value, bytes) else value
        for key, value in found.items()
    }


def _retagged(value: bytes, old: Work, region: str) -> bytes:
    """A ciphertext of the old region names the new one; other bytes (keyed hashes) stay."""
    if not value.startswith(b"GH\x01" + old.region.code.encode().ljust(4, b"\0")):
        return value
    sealed = read_header(value)
    return Sealed(region, sealed.key_id, sealed.body).to_bytes()


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else value.isoformat()
