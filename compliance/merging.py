"""Two customers become one person: proposed by one, decided by another, done in one transaction, and never undone.

Nothing of the lost one ends: their rows hang on the kept one, sealed under their key; the lost one's own key is shredded, and what
stays is a shell whose ref answers for the kept one. What follows from a customer follows: facts, segments, journeys, partners."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import or_, select, update

from compliance import merge_consents, merge_rows, merge_rules
from compliance.merge_plan import Plan, check, locked, looked_at, merged_into, planned
from compliance.merge_rows import Pair
from compliance.merge_values import take_away
from compliance.registry import KEY_HOLDER
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import endpoints, pipeline
from hub.gate import erase_rows
from hub.models import Customer, DataKey, Duplicate, Merger, table
from hub.own import OWN
from hub.policy import AT_THE_MACHINE, approval, expect_approval
from hub.work import Work

OPEN, PROPOSED, APART, MERGED = "open", "proposed", "kept apart", "merged"
DESK = "desk"
EVENT = "customer.merged"
CHANGES = {"customer", "consents", "vehicles", "loyalty", "sync"}


def plan(hub: Hub, keep: str, lose: str) -> Plan:
    """What would become of both. Raises NotFound, WrongInput."""
    with hub.begin() as work:
        return planned(hub, work, looked_at(work, keep, lose))


def suggest(hub: Hub, one: str, other: str, actor: str) -> int:
    """Somebody at a desk saw that these may be one; answers the pair, also one that is known. Raises NotFound, WrongInput."""
    with hub.begin() as work:
        pair = locked(work, one, other)
        first, second = sorted((pair.keep.id, pair.lose.id))
        known = select(Duplicate).where(Duplicate.customer_id == first, Duplicate.other_id == second)
        row = work.session.scalars(known).first()
        if row is None:
            row = work.add(Duplicate(connection_id=hub.partner(OWN).id, customer_id=first, other_id=second, why=DESK,
                                     state=OPEN, found_at=work.now))  # fmt: skip
            work.audit(actor, "duplicate_seen", "duplicate", row.id)
        return row.id


def propose(hub: Hub, number: int, keep: str, actor: str) -> None:
    """Ask for a pair to be merged, with the customer of this ref kept. Raises NotFound, WrongInput, Denied with what is in the
    way."""
    with hub.begin() as work:
        row = _waiting(work, number, (OPEN, PROPOSED))
        pair = _pair(work, row, keep)
        check(hub, work, pair)
        if row.state == OPEN or row.keep != pair.keep.ref:
            row.state, row.keep, row.asked_by = PROPOSED, pair.keep.ref, actor
            work.audit(actor, "merger_proposed", "duplicate", row.id, keep=pair.keep.ref)


def take_back(hub: Hub, number: int, actor: str) -> None:
    """The pair waits again. Raises NotFound."""
    with hub.begin() as work:
        row = _waiting(work, number, (PROPOSED,))
        row.state, row.keep, row.asked_by = OPEN, None, None
        work.audit(actor, "merger_withdrawn", "duplicate", row.id)


def approve(hub: Hub, number: int, actor: str, roles: Collection[str] = ()) -> str:
    """By whom a policy of approval lets say so; answers the kept one's ref. Done twice, it is done once. Raises NotFound, Denied."""
    with hub.begin() as work:
        row = _waiting(work, number, (PROPOSED, MERGED))
        if row.state == MERGED:
            return _kept(work, row)
        pair = _pair(work, row, row.keep or "")
        return _merge(hub, work, pair, actor, _yes(hub, work, pair, actor, row.asked_by, roles))


def merge(hub: Hub, keep: str, lose: str, actor: str, roles: Collection[str] = AT_THE_MACHINE) -> str:
    """Without asking anybody else, where a policy lets this one; answers the kept one's ref. Raises NotFound, WrongInput, Denied."""
    with hub.begin() as work:
        if merged_into(work.session, lose) == keep:
            return keep
        pair = locked(work, keep, lose)
        return _merge(hub, work, pair, actor, _yes(hub, work, pair, actor, actor, roles))


def _yes(hub: Hub, work: Work, pair: Pair, actor: str, asked_by: str | None, roles: Collection[str]) -> dict[str, Any]:
    law = pair.kept.jurisdiction
    return expect_approval(
        hub,
        approval(hub, work.session, "merger", by=actor, asked_by=asked_by, roles=roles, now=work.now, jurisdiction=law),
    )


def _merge(hub: Hub, work: Work, pair: Pair, actor: str, said: Mapping[str, Any]) -> str:
    check(hub, work, pair)
    ends = merge_consents.stricter(work, pair)
    _join_fields(pair)
    for rule in merge_rules.RULES.values():
        rule(hub, work, pair)
    moved = merge_rows.move(work, pair)
    _settle_pairs(work, pair, actor)
    intents = merge_consents.withdraw(hub, work, pair, ends)
    _end(work, pair, actor)
    work.audit(actor, "customers_merged", "customer", pair.keep.id, lost=pair.lose.ref, rows=dict(moved),
               withdrawn=len(ends), **said)  # fmt: skip
    work.audit(actor, "merged_into", "customer", pair.lose.id, kept=pair.keep.ref)
    words = {"customer": pair.keep.ref, "merged": pair.lose.ref, "at": work.now.isoformat()}
    endpoints.tell_all(hub, work, pipeline.CONSENTS_READ, EVENT, words, pair.lose.ref, "consent_sync")
    work.session.flush()
    pipeline.follow(hub, work, {pair.keep.id: set(CHANGES)}, intents)
    return pair.keep.ref


def _join_fields(pair: Pair) -> None:
    """The kept one's stand, gaps are filled, and whoever objected has objected."""
    keep, lose, kept, lost = pair.keep, pair.lose, pair.kept, pair.lost
    keep.branch, keep.language = keep.branch or lose.branch, keep.language or lose.language
    keep.joined_on = min((day for day in (keep.joined_on, lose.joined_on) if day), default=None)
    kept.unprofiled_at = min((at for at in (kept.unprofiled_at, lost.unprofiled_at) if at), default=None)
    keep.made_at, kept.made_at = min(keep.made_at, lose.made_at), min(kept.made_at, lost.made_at)
    keep.version += 1


def _settle_pairs(work: Work, pair: Pair, actor: str) -> None:
    """Other pairs of the lost one are the kept one's from now on; a word that two are two holds for both."""
    lose, keep = pair.lose.id, pair.keep.id
    rows = select(Duplicate).where(or_(Duplicate.customer_id == lose, Duplicate.other_id == lose))
    for row in work.session.scalars(rows.order_by(Duplicate.id)).all():
        other = row.other_id if row.customer_id == lose else row.customer_id
        if other == keep:
            row.state, row.settled_at, row.settled_by, row.keep = MERGED, work.now, actor, pair.keep.ref
            continue
        first, second = sorted((keep, other))
        known = work.session.scalars(
            select(Duplicate).where(Duplicate.customer_id == first, Duplicate.other_id == second)
        ).first()
        if known is None:
            row.customer_id, row.other_id = first, second
            if row.state == PROPOSED:
                row.state, row.keep, row.asked_by = OPEN, None, None
        elif row.state == APART and known.state in (OPEN, PROPOSED):
            known.state, known.settled_at, known.settled_by = APART, work.now, row.settled_by
        work.session.flush()
        if known is not None and row.state != MERGED:
            take_away(work, pair, Duplicate, Duplicate.id == row.id)
    work.session.flush()


def _end(work: Work, pair: Pair, actor: str) -> None:
    """The lost one's shell, which says nothing and leads on."""
    lost_key, pair.lost.data_key_id = pair.lost.data_key_id, None
    pair.lost.erased_at = work.now
    pair.lose.branch = pair.lose.language = pair.lose.joined_on = None
    leads = update(table(Merger)).where(Merger.kept_id == pair.lose.id)
    work.session.execute(leads.values(kept_id=pair.keep.id))
    work.add(Merger(lost_id=pair.lose.id, kept_id=pair.keep.id, merged_at=work.now, merged_by=actor))
    work.session.flush()
    if lost_key is not None:
        work.open_keys.pop(lost_key, None)
        gone = DataKey.id == lost_key
        erase_rows(work.session, DataKey, gone, record_set=KEY_HOLDER, persons=pair.persons, now=work.now)


def _waiting(work: Work, number: int, states: tuple[str, ...]) -> Duplicate:
    row = work.session.get(Duplicate, number, with_for_update=True)
    if row is None or row.state not in states:
        raise NotFound(f"No pair {number} waits for this word.", "See: hub duplicates list")
    return row


def _pair(work: Work, row: Duplicate, keep: str) -> Pair:
    refs = {
        one.ref
        for one in work.session.scalars(select(Customer).where(Customer.id.in_([row.customer_id, row.other_id])))
    }
    if keep not in refs:
        raise WrongInput("This is neither of both.", "Say which of the two records is kept.")
    return locked(work, keep, next(iter(refs - {keep})))


def _kept(work: Work, row: Duplicate) -> str:
    keep = select(Customer.ref).join(Merger, Merger.kept_id == Customer.id)
    found: str = work.session.scalars(keep.where(Merger.lost_id.in_([row.customer_id, row.other_id]))).one()
    return found
