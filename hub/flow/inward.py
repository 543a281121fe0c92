"""What a partner says of its objects, merged with what we say, field by field; the result is ours, and what they last had."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hub.core import Hub, Partner
from hub.errors import Unmet
from hub.flow import agreements, conflicts, drift, merges, ours
from hub.flow.agreements import Agreed, Word
from hub.flow.customers import Folded
from hub.flow.effects import Subject, load_subjects
from hub.flow.held import Held
from hub.flow.identity import Identities, Known, fold_email, fold_phone
from hub.flow.ours import Fields
from hub.flow.outward import map_of
from hub.models import Customer
from hub.sdk import CustomerKey, Lists, Seen
from hub.work import Work
from rules.merging import Merged, Side, merge
from rules.syncmap import FieldRule, ObjectRule
from rules.transforms import Unfit, canonical, settled

OUTDATED = timedelta(minutes=10)  # a reading may be older than what was told meanwhile, but never by so much
SLACK = timedelta(seconds=5)  # in which a write of ours may be dated after we heard that it arrived


def fold(hub: Hub, work: Work, partner: Partner, seen: Sequence[Seen], whole: bool = False) -> Folded:
    """Merge these objects in their order. whole: each has all its mapped fields, as a reading has. A customer that differs
    from its partner afterwards is touched by `sync`. Raises Unmet for one that is only hinted at, and for one that we do not know
    and that is told in parts: it may be one of ours whose id we have not heard yet."""
    folded, mapping = Folded(), map_of(hub, partner)
    known_kinds = [(one, rule) for one in seen if mapping and (rule := mapping.object_of(one.kind))]
    people = Identities(work, partner, hub.here.jurisdiction)
    people.load([_key(one) for one, _ in known_kinds], {_key(one): _marks(one, rule) for one, rule in known_kinds})
    for one, rule in known_kinds:
        if one.state == "hinted":
            raise Unmet(f"A {rule.kind} that changed is read first.")
        if one.state == "merged":
            merges.follow(work, partner, people, one, rule.kind)
            continue
        make = "here" in rule.creates and one.state == "live"
        known = people.find(_key(one))
        if known is None and make and not whole and _is_part(partner, rule, one) and not people.was_erased(_key(one)):
            raise Unmet(f"A {rule.kind} that is told in parts is read first.")
        known = known or (people.of(_key(one)) if make else None)
        if known is None:
            folded.gone += [one] if make else []
            continue
        made = known.customer.id in people.made and known.customer.id not in folded.touched
        subject = load_subjects(work, [known.customer.id])[known.customer.id]
        agreed = agreements.load(work, partner, rule.kind, [subject])[subject.customer_id]
        if one.state != "live":
            merges.ended(work, partner, agreed, subject, one)
            continue
        changed = _merge(work, partner, rule, people.held, known, subject, agreed, one, whole)
        folded.repeats += not changed
        if changed:
            folded.news.append(one)
            folded.touched[subject.customer_id] |= changed
        if made:
            folded.touched[subject.customer_id].add("customer")
            merges.propose(work, partner, known)
    for customer_id, changes in folded.touched.items():
        if changes != {"sync"}:
            work.session.get_one(Customer, customer_id).version += 1
    return folded


def _is_part(partner: Partner, rule: ObjectRule, one: Seen) -> bool:
    """What is ours alone need not be heard of: it is never taken from there."""
    needed = {field.theirs for field in rule.fields if field.owner != "ours"}
    told = bool(one.ref) or needed <= one.fields.keys()
    return not told and isinstance(partner.connector, Lists)


def _key(one: Seen) -> CustomerKey:
    return CustomerKey(partner_id=one.id, ref=one.ref)


def _marks(seen: Seen, rule: ObjectRule) -> list[tuple[str, str]]:
    """E-mail and phone that came along: they give away somebody who was erased."""
    found = []
    for one in rule.fields:
        if one.ours in {"email", "phone"} and (told := seen.fields.get(one.theirs)):
            found.append((one.ours, fold_email(told) if one.ours == "email" else fold_phone(told, None)))
    return found


def _merge(
    work: Work, partner: Partner, rule: ObjectRule, held: Held, known: Known, subject: Subject, agreed: Agreed, seen: Seen,
    whole: bool,
) -> set[str]:  # fmt: skip
    """Answers what changed on our side, in the words of `touched`, and `sync` where the partner is to be told."""
    mine, changes, tell = ours.read(work, [subject])[subject.customer_id], Fields(), False
    fields = {one.theirs: one for one in rule.fields}
    drift.unknown(work, partner, rule.kind, seen.fields.keys() - fields.keys())
    gone = drift.quarantined(work.session, partner, rule.kind)
    for name in fields.keys() & seen.fields.keys() - gone:
        one = fields[name]
        try:
            theirs = canonical(one.transform, one.words, seen.fields[name])
        except Unfit:
            drift.unfit(work, partner, rule.kind, name)
            continue
        stands = whole and (at := agreed.word(name).at) is not None and at < work.now - OUTDATED
        verdict = _field(work, partner, one, agreed, subject, mine, Side(theirs, seen.at), seen.origin, stands)
        if verdict is not None and verdict.winner in {"theirs", "both"}:
            changes[one.ours] = verdict.value
        tell = tell or (verdict is not None and verdict.winner in {"ours", "both"})
    touched = ours.write(work, held, known, mine, changes) if changes else set()
    back = agreed.state != "live"
    agreed.state, agreed.whole = "live", agreed.whole or whole or fields.keys() - gone <= seen.fields.keys()
    agreements.save(work, partner, agreed, subject.data_key_id)
    return touched | ({"sync"} if tell or back else set())


def _field(
    work: Work, partner: Partner, rule: FieldRule, agreed: Agreed, subject: Subject, mine: Mapping[str, str | None],
    theirs: Side, origin: str | None, stands: bool,
) -> Merged | None:  # fmt: skip
    """None where it is no news: told before, overtaken, or our own write coming back. stands: it was read, and is so now,
    whatever the partner's clock says."""
    word, now = agreed.word(rule.theirs), settled(rule.transform, rule.words, mine[rule.ours])
    at = theirs.at
    if conflicts.newer(word.at, at) and not stands:
        return None
    agrees = now == theirs.value or rule.direction != "in"
    if theirs.value == word.value and not word.doubt and word.at is not None and agrees:
        word.becomes(theirs.value, at)
        return None
    if origin == "us" or _is_echo(word, theirs.value, at):
        if not conflicts.newer(word.wrote_at, at):
            word.becomes(theirs.value, at)
        return None
    overwritten = word.wrote_until is not None and conflicts.newer(word.wrote_at, at)
    if overwritten and theirs.value in [*word.known, word.before]:
        return None
    mine_side = Side(now, word.ours_at or (word.wrote_at if overwritten else None))
    base = word.before if overwritten else word.value
    verdict = merge(rule, base, mine_side, theirs)
    if verdict.conflict:
        conflicts.note(work, partner, agreed, subject, rule, base, mine_side, theirs, verdict)
    elif word.held:
        conflicts.close(work, partner, agreed, rule.theirs, "same", "both sides")
    if not overwritten:
        word.becomes(theirs.value, at or work.now)
    word.ours_at = None if verdict.winner in {"same", "theirs"} else word.ours_at or work.now
    return verdict


def _is_echo(word: Word, value: str | None, at: datetime | None) -> bool:
    """Is it what we wrote last, told at the time of that write? A partner that sets the same value itself later says
    nothing new either."""
    if word.wrote_at is None or value != word.wrote:
        return False
    return at is None or (at >= word.wrote_at - SLACK and (word.wrote_until is None or at <= word.wrote_until + SLACK))
