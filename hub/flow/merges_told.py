"""Customers whom we merged are merged at a partner, too, where it lets us; one that is erased is deleted there by every name."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.flow import merges, outbox
from hub.flow.effects import Asked, Subject, consents_of, load_subjects, open_links
from hub.flow.identity import Identities
from hub.flow.outbox import Claim, Intent
from hub.flow.outward import map_of
from hub.models import Link
from hub.sdk import DELETE, MERGE, Outcome, Push, Seen
from hub.work import Work

Told = Sequence[tuple[Claim, Push]]


def listens(hub: Hub, partner: Partner) -> bool:
    """Can it be told to merge two of its objects?"""
    return map_of(hub, partner) is not None and partner.topic(MERGE) is not None


def want(hub: Hub, work: Work, subject: Subject, lost: Link) -> None:
    """This name of theirs leads to another from now on: the two objects become one there. The caller holds the customers' locks."""
    partner = next((one for one in hub.partners.values() if one.id == lost.connection_id), None)
    mapping = map_of(hub, partner) if partner else None
    if partner is not None and mapping is not None and listens(hub, partner):
        refs = {"customer_id": subject.customer_id, "link_id": lost.id, "kind": mapping.objects[0].kind}
        outbox.put(work, partner, [Intent(MERGE, subject.customer_ref, f"merge:{lost.id}", refs)])


def forget(hub: Hub, work: Work, told: Intent) -> None:
    """Whatever became of the mergers that were told: where this one's erasure is told, it is told of the names that lead on, too."""
    led = (Link.about == "customer", Link.about_id == told.refs["customer_id"], Link.replaced_by.is_not(None))
    for partner in hub.partners.values():
        if not listens(hub, partner) or DELETE not in {topic.name for topic in partner.topics_for(told.topic)}:
            continue
        names = work.session.scalars(
            select(Link.id).where(Link.connection_id == partner.id, *led).order_by(Link.id)
        ).all()
        each = [Intent(DELETE, told.entity, f"{one}/{told.key}", {**told.refs, "link_id": one}) for one in names]
        outbox.put(work, partner, each)


def is_one(claim: Claim) -> bool:
    return "link_id" in claim.refs


def render(hub: Hub, work: Work, partner: Partner, claims: Sequence[Claim]) -> list[tuple[Claim, Push]]:
    """Policy asked; one that has nothing to say any more is settled here."""
    subjects = load_subjects(work, [claim.refs["customer_id"] for claim in claims])
    asked = Asked(hub, work, partner, consents_of(work, subjects.values()))
    into = open_links(work, partner, list(subjects.values()))
    ready = []
    for claim in claims:
        subject, topic = subjects.get(claim.refs["customer_id"]), partner.topic(claim.topic)
        lost = _name(work, subject, claim.refs["link_id"]) if subject else None
        body = {"kind": claim.refs["kind"]}
        body |= {"into": into.get(claim.refs["customer_id"])} if claim.topic == MERGE else {"how": claim.refs["how"]}
        if subject is None or topic is None or lost is None or None in body.values():
            outbox.refuse(work, claim, "one of both is no longer known there", why="gone")
            continue
        decision = asked.about(subject, topic)
        if decision.verdict == "deny":
            outbox.refuse(work, claim, f"{decision.policy}: {decision.reason}", why="policy")
            continue
        ready.append((claim, Push(claim.topic, claim.effect_key, subject.customer_ref, lost, body, claim.attempt)))
    return ready


def settle(hub: Hub, work: Work, partner: Partner, told: Told, outcomes: Sequence[Outcome]) -> None:
    """After outbox.settle: where both go on under a third name, it is known as theirs."""
    by_key = {one.key: one for one in outcomes}
    for seen in _anew(told, by_key):
        people = Identities(work, partner, hub.here.jurisdiction)
        merges.follow(work, partner, people, seen, seen.kind)


def _anew(told: Told, outcomes: dict[str, Outcome]) -> Iterator[Seen]:
    for _, push in told:
        outcome = outcomes.get(push.key)
        if push.topic != MERGE or outcome is None or outcome.state != "sent" or outcome.partner_id is None:
            continue
        if outcome.partner_id != push.body["into"]:
            yield Seen(str(push.body["kind"]), str(push.body["into"]), state="merged", into=outcome.partner_id)


def _name(work: Work, subject: Subject, link_id: int) -> str | None:
    lost = work.session.get(Link, link_id)
    if lost is None or subject.data_key_id is None or lost.about_id != subject.customer_id:
        return None
    return work.vault.unseal(work.key(subject.data_key_id), lost.sealed, f"link:customer:{subject.person_id}").decode()
