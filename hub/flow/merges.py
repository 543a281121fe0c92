"""Who is who at a partner over time: merged objects lead on, deleted ones rest, and likenesses are proposed, never merged."""

from sqlalchemy import select, update

from hub.core import Partner
from hub.errors import NotFound
from hub.flow import agreements
from hub.flow.agreements import Agreed
from hub.flow.effects import Subject, load_subjects
from hub.flow.identity import Identities, Known, link
from hub.models import Alias, Customer, Duplicate, Link
from hub.sdk import CustomerKey, Seen
from hub.work import Work


def follow(work: Work, partner: Partner, people: Identities, seen: Seen, kind: str) -> None:
    """The partner merged an object into another: its id leads to the other from now on. Two customers of ours stay two,
    and a person is asked whether they are one."""
    loser = _link(work, partner, seen.id)
    if loser is None or not seen.into or seen.into == seen.id or loser.replaced_by is not None:
        return
    work.session.flush()
    winner = _link(work, partner, seen.into)
    if winner is not None and winner.replaced_by is not None:
        winner = work.session.get_one(Link, winner.replaced_by)
    people.load([CustomerKey(partner_id=seen.id), CustomerKey(partner_id=seen.into)])
    known = people.by_partner_id.get(seen.id)
    if (winner is not None and winner.id == loser.id) or known is None:
        return
    if winner is None:
        winner = link(work, partner, "customer", seen.into, loser.about_id, known.person)
        people.by_partner_id[seen.into] = known
        work.session.flush()
        _becomes(work, partner, loser.about_id, kind, "live")  # they may have said before that the old one was deleted
    elif winner.about_id != loser.about_id:
        _note(work, partner, loser.about_id, winner.about_id, "merged_there")
        _becomes(work, partner, loser.about_id, kind, "merged")
        people.by_partner_id[seen.id] = people.by_partner_id[seen.into]
    work.session.execute(update(Link).where(Link.replaced_by == loser.id).values(replaced_by=winner.id))
    loser.replaced_by = winner.id
    work.audit(partner.name, "merged_there", "link", loser.id, into=winner.id)


def ended(work: Work, partner: Partner, agreed: Agreed, subject: Subject, seen: Seen) -> None:
    """Archived or erased there: our customer stays, and is not told to them any more. Restored is live again. Of one that was merged
    it says nothing: its other lives on."""
    if seen.state != "erased" and (gone := _link(work, partner, seen.id)) is not None and gone.replaced_by is not None:
        return
    state = "archived" if seen.state == "missing" else seen.state
    if agreed.state != state:
        agreed.state = state
        agreements.save(work, partner, agreed, subject.data_key_id)
        work.audit(partner.name, f"{state}_there", "customer", subject.customer_id)


def propose(work: Work, partner: Partner, known: Known) -> None:
    """Somebody new with the e-mail or phone of somebody we know: families share them, so a person says."""
    work.session.flush()
    mine = select(Alias.kind, Alias.hash).where(Alias.person_id == known.person.id, Alias.kind.in_(["email", "phone"]))
    for why, blind in work.session.execute(mine).all():
        others = (
            select(Customer.id)
            .join(Alias, Alias.person_id == Customer.person_id)
            .where(Alias.kind == why, Alias.hash == blind, Customer.id != known.customer.id)
        )
        for other in work.session.scalars(others.limit(10)).all():
            _note(work, partner, known.customer.id, other, why)


def keep_apart(work: Work, duplicate_id: int, actor: str, reason: str = "") -> None:
    """A person says that they are two: it is not proposed again. Raises NotFound."""
    row = work.session.get(Duplicate, duplicate_id, with_for_update=True)
    if row is None or row.state not in ("open", "proposed"):
        raise NotFound(f"No proposal {duplicate_id} waits for a word.", "See: hub duplicates list")
    row.state, row.settled_at, row.settled_by = "kept apart", work.now, actor
    work.audit(actor, "kept_apart", "duplicate", row.id, reason=reason)


def _becomes(work: Work, partner: Partner, customer_id: int, kind: str, state: str) -> None:
    subject = load_subjects(work, [customer_id])[customer_id]
    agreed = agreements.load(work, partner, kind, [subject])[customer_id]
    if agreed.state != state:
        agreed.state = state
        agreements.save(work, partner, agreed, subject.data_key_id)


def _note(work: Work, partner: Partner, one: int, other: int, why: str) -> None:
    first, second = sorted((one, other))
    known = select(Duplicate).where(Duplicate.customer_id == first, Duplicate.other_id == second)
    if work.session.scalar(known) is None:
        work.add(
            Duplicate(connection_id=partner.id, customer_id=first, other_id=second, why=why, state="open",
                      found_at=work.now)
        )  # fmt: skip
        work.session.flush()


def _link(work: Work, partner: Partner, partner_id: str) -> Link | None:
    blinds = work.vault.blinds(work.session, f"link:{partner.id}:customer", partner_id)
    found: Link | None = work.session.scalar(
        select(Link).where(Link.connection_id == partner.id, Link.about == "customer", Link.hash.in_(blinds))
    )
    return found
