"""Things of ours at a partner: a message for each that differs, rendered when it goes; ours is the only word that counts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.flow import counterparts, drift, outbox, things
from hub.flow.batches import batches
from hub.flow.effects import Asked, Subject, consents_of
from hub.flow.outbox import Claim, Intent
from hub.flow.outward import map_of
from hub.flow.sayable import allowed_of, spoken_of
from hub.flow.things import Thing
from hub.flow.things_there import View, fields_of, links_of, views_of
from hub.models import Counterpart, Message
from hub.models.traffic import waiting_among
from hub.sdk import DELETE, SET_FIELDS, Outcome, Push, Seen
from hub.targets import SYNCED
from hub.work import Work
from rules.calendar import local_day
from rules.syncmap import PEOPLE, FieldRule, ObjectRule, SyncMap
from rules.transforms import Unfit, canonical, settled

MOVES = ("sync", "customer", "vehicles", "visit")  # changes of a customer after which their things may differ
OURS = ("new", "live", "left")  # states in which the partner has not taken it away itself

Beside = dict[str, list[int]]  # kind there -> our ids


@dataclass(frozen=True)
class Sent:
    """What a push of this transaction's claims sets. told: field -> our value. beside: all that stands beside it then."""

    thing: Thing
    rule: ObjectRule
    told: Mapping[str, str | None]
    beside: Beside
    gone: bool = False


@dataclass
class Rendered:
    ready: list[tuple[Claim, Push]] = field(default_factory=list)
    sent: dict[str, Sent] = field(default_factory=dict)


def is_one(claim: Claim) -> bool:
    return "thing_id" in claim.refs


def notice(hub: Hub, work: Work, touched: Mapping[int, Collection[str]]) -> int:
    """Customers changed: put a message for each thing of theirs that differs from what a partner has. Answers how many."""
    mine = {one for one, changes in touched.items() if not set(MOVES).isdisjoint(changes)}
    if not mine:
        return 0
    return sum(want(hub, work, partner, mine) for partner in hub.partners.values())


def notice_by_id(hub: Hub, work: Work, about: str, ids: Collection[int]) -> int:
    """These things changed by themselves, and not with a customer: a message wherever they differ from what a partner has."""
    count = 0
    for partner in hub.partners.values() if ids else ():
        mapping = map_of(hub, partner)
        for rule in mapping.things if mapping else ():
            if mapping and rule.ours == about:
                count += put(hub, work, partner, mapping, rule, ids)
    return count


def want(hub: Hub, work: Work, partner: Partner, customer_ids: Collection[int]) -> int:
    """For customers that this partner has; the others' things are not told of."""
    mapping, count = map_of(hub, partner), 0
    if mapping is None or not mapping.things:
        return 0
    today = local_day(work.now, hub.here.zone)
    for rule in mapping.things:
        ids = things.of_customers(work, rule.ours, customer_ids, today, rule.days)
        count += put(hub, work, partner, mapping, rule, ids)
    return count


def put(hub: Hub, work: Work, partner: Partner, mapping: SyncMap, rule: ObjectRule, ids: Collection[int]) -> int:
    """A message for each of these things that differs from what the partner has; one that waits already covers what is new."""
    found = things.read(work, rule.ours, ids, local_day(work.now, hub.here.zone))
    known = counterparts.load(work, partner, rule.ours, found)
    views = views_of(hub, work, partner, mapping, rule, found, known)
    gone = drift.quarantined(work.session, partner, rule.kind)
    asked = Asked(hub, work, partner, consents_of(work, [one.subject for one in found.values() if one.subject]))
    eager: list[tuple[Counterpart, str]] = []
    for thing_id, one in found.items():
        row, view = known.get(thing_id), views[thing_id]
        if not view.there:
            if row is not None and row.state in {"live", "new"}:
                eager.append((row, DELETE))
        elif row is None:
            eager.append((counterparts.open_one(work, partner, one), SET_FIELDS))
        elif row.state in OURS:
            allowed, denied = fields_allowed(asked, one, rule, fields_of(work, row, rule, one, gone))
            if denied or allowed or links_of(row, view):
                eager.append((row, SET_FIELDS))
    work.session.flush()
    waiting = _covered(work, partner, {row.ref for row, _ in eager})
    intents = [
        Intent(topic, row.ref, f"sync:{rule.kind}:{work.ids.next()}",
               {"kind": rule.kind, "thing_id": row.about_id, **({"how": "archive"} if topic == DELETE else {})})
        for row, topic in eager if (row.ref, topic) not in waiting
    ]  # fmt: skip
    return outbox.put(work, partner, intents, after=mapping.flush) if intents else 0


def forget(hub: Hub, work: Work, subject: Subject, cause: str) -> int:
    """Somebody is to be forgotten: a message for each of their things wherever it is, in the row of their own."""
    count = 0
    for partner in hub.partners.values():
        mapping = map_of(hub, partner)
        kinds = {one.ours: one.kind for one in mapping.things} if mapping else {}
        intents = [
            Intent(DELETE, subject.customer_ref, f"{row.id}/{cause}",
                   {"customer_id": subject.customer_id, "kind": kinds[row.about], "thing_id": row.about_id, "how": "erase"})
            for row in counterparts.of_person(work, partner, subject.person_id) if row.about in kinds
        ]  # fmt: skip
        count += outbox.put(work, partner, intents) if intents else 0
    return count


def render(hub: Hub, work: Work, partner: Partner, claims: Sequence[Claim]) -> Rendered:
    """What differs now, policy asked; a claim that has nothing to say any more is settled here."""
    mapping, done = map_of(hub, partner), Rendered()
    by_kind: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_kind[claim.refs["kind"]].append(claim)
    for kind, some in by_kind.items():
        rule = mapping.thing_of(kind) if mapping else None
        ids = [claim.refs["thing_id"] for claim in some]
        rows = counterparts.load(work, partner, rule.ours, ids, lock=True) if rule else {}
        found = things.read(work, rule.ours, rows, local_day(work.now, hub.here.zone)) if rule else {}
        views = views_of(hub, work, partner, mapping, rule, found, rows) if rule and mapping else {}
        names = (
            counterparts.names_there(work, partner, rule.ours, {n: one.subject for n, one in found.items()})
            if rule
            else {}
        )
        asked = Asked(hub, work, partner, consents_of(work, [one.subject for one in found.values() if one.subject]))
        for claim in some:
            row, thing = rows.get(claim.refs["thing_id"]), found.get(claim.refs["thing_id"])
            if rule is None or row is None or thing is None:
                outbox.refuse(work, claim, "the thing or the mapping no longer exists", why="gone")
            elif claim.topic == DELETE:
                _leave(work, claim, row, thing, rule, views[thing.id], names.get(thing.id), done)
            else:
                _tell(work, partner, claim, row, thing, rule, views[thing.id], names.get(thing.id), asked, done)
    return done


def _leave(
    work: Work, claim: Claim, row: Counterpart, thing: Thing, rule: ObjectRule, view: View, name: str | None, done: Rendered
) -> None:  # fmt: skip
    how = claim.refs["how"]
    if row.state not in {"live", "new"} or (view.there and how != "erase"):
        outbox.refuse(work, claim, "both sides agree", "cancelled", why="agrees")
        return
    personal = [one.theirs for one in rule.fields if SYNCED[rule.ours][one.ours].personal]
    body = {"kind": rule.kind, "how": how, "ref": row.ref, "fields": dict.fromkeys(personal if how == "erase" else ())}
    done.ready.append((claim, Push(DELETE, claim.effect_key, row.ref, name, body, claim.attempt)))
    done.sent[claim.effect_key] = Sent(thing, rule, {}, {}, gone=True)


def _tell(
    work: Work, partner: Partner, claim: Claim, row: Counterpart, thing: Thing, rule: ObjectRule, view: View,
    name: str | None, asked: Asked, done: Rendered,
) -> None:  # fmt: skip
    gone = drift.quarantined(work.session, partner, rule.kind)
    differing = fields_of(work, row, rule, thing, gone) if view.there and row.state in OURS else {}
    allowed, reason = fields_allowed(asked, thing, rule, differing)
    fields = spoken_of(work, partner, rule, allowed, thing.fields)
    links = links_of(row, view) if view.there and not (reason and not fields) else {}
    if not fields and not links:
        state, why = ("refused", "policy") if reason else ("cancelled", "agrees")
        outbox.refuse(work, claim, reason or "both sides agree", state, why=why)
        return
    body = {"kind": rule.kind, "ref": row.ref, "fields": fields, "links": links}
    told = {
        one.theirs: settled(one.transform, one.words, thing.fields[one.ours]) for one in allowed if one.theirs in fields
    }
    beside = {kind: sorted(ids) for kind, ids in view.beside.items()}
    done.ready.append((claim, Push(SET_FIELDS, claim.effect_key, row.ref, name, body, claim.attempt)))
    done.sent[claim.effect_key] = Sent(thing, rule, told, beside)


def fields_allowed(
    asked: Asked, thing: Thing, rule: ObjectRule, differing: Mapping[str, FieldRule]
) -> tuple[list[FieldRule], str]:
    return allowed_of(asked, thing.subject, differing.values(), rule.ours) if thing.subject else ([], "")


def settle(
    hub: Hub, work: Work, partner: Partner, claims: Sequence[Claim], rendered: Rendered, outcomes: Sequence[Outcome]
) -> None:
    """After outbox.settle: what arrived is what the partner has. A thing that was made is a link for others from now on."""
    by_key, owners = {one.key: one for one in outcomes}, set[int]()
    for claim in claims:
        one, outcome = rendered.sent.get(claim.effect_key), by_key.get(claim.effect_key)
        if one is None or outcome is None or not _arrived(work, claim):
            continue
        row = counterparts.load(work, partner, one.thing.about, [one.thing.id], lock=True)[one.thing.id]
        if one.gone:
            row.state, row.told, row.links, row.told_at = "left", {}, {}, work.now
            continue
        kept_out = set(outcome.kept_out)
        marks = {name: counterparts.mark(work, row, name, value) for name, value in one.told.items()}
        row.told = {**row.told, **{name: value for name, value in marks.items() if name not in kept_out}}
        row.refused = {
            name: value for name, value in {**row.refused, **marks}.items() if name in kept_out or name not in marks
        }
        row.links = dict(one.beside)  # a link that was not taken leads to what is gone there: it is not told again
        row.person_id = one.thing.subject.person_id if one.thing.subject else row.person_id
        back = row.state != "live"
        row.state, row.told_at = "live", work.now
        if outcome.partner_id and (counterparts.learn_name(work, partner, one.thing, outcome.partner_id) or back):
            owners |= one.thing.beside.get(PEOPLE, frozenset())
    if owners:
        want(hub, work, partner, owners)


def hear(hub: Hub, work: Work, partner: Partner, seen: Iterable[Seen], whole: bool = False) -> int:
    """What the partner says of a thing: whatever differs from what it was told is told again. One that is gone there rests.

    whole: it was read, and is so now. Answers how many of them we know."""
    mapping, count = map_of(hub, partner), 0
    for one in seen if mapping and mapping.things else ():
        rule = mapping.thing_of(one.kind) if mapping else None
        row = counterparts.by_their_name(work, partner, rule.ours, one.id) if rule else None
        if rule is None or row is None or mapping is None:
            continue
        count += 1
        if one.state == "merged" and one.into:  # it lives on under the other, which is told all of it
            (thing,) = things.read(work, rule.ours, [row.about_id], local_day(work.now, hub.here.zone)).values()
            counterparts.learn_name(work, partner, thing, one.into)
            row.told = {}
        elif one.state != "live":
            row.state = one.state if one.state in {"merged", "erased"} else "archived"
            continue
        row.state = "live"
        if one.state == "live" and (one.origin != "us" or whole):
            row.told = {**row.told, **heard(work, row, rule, one)}
        put(hub, work, partner, mapping, rule, [row.about_id])
    return count


def heard(work: Work, row: Counterpart, rule: ObjectRule, seen: Seen) -> dict[str, str]:
    found = {}
    for one in rule.fields:
        if one.theirs in seen.fields:
            try:
                value = canonical(one.transform, one.words, seen.fields[one.theirs])
            except Unfit:
                value = seen.fields[one.theirs]
            found[one.theirs] = counterparts.mark(work, row, one.theirs, value)
    return found


def _covered(work: Work, partner: Partner, refs: Iterable[str]) -> set[tuple[str, str]]:
    """(ref, topic) whose message still waits, held here until this transaction ends, so that it is rendered after it."""
    found: set[tuple[str, str]] = set()
    for batch in batches(sorted(refs)):
        rows = select(Message).where(waiting_among(batch, [partner.id])).with_for_update(skip_locked=True)
        found |= {(row.entity, row.topic) for row in work.session.scalars(rows)}
    return found


def _arrived(work: Work, claim: Claim) -> bool:
    row = work.session.get(Message, claim.id, populate_existing=True)
    return row is not None and row.state == "sent" and row.fence == claim.fence
