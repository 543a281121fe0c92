"""Both sides compared, page by page: what is missing, differs, was merged or deleted; a plan first, then as much as is wanted."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.errors import ConfigError, PartnerError
from hub.flow import agreements, drift, following, ours, outward, pulls, sayable, stocktaking
from hub.flow.batches import batches
from hub.flow.effects import Asked, consents_of, load_subjects, open_links
from hub.flow.identity import Identities
from hub.models import Profile, SyncState
from hub.sdk import CustomerKey, Lists, Seen
from hub.work import Work
from rules.syncmap import ObjectRule, SyncMap
from rules.transforms import Unfit, canonical, settled

CLASSES = ("missing_here", "missing_there", "differing", "merged", "erased")
ACTIONS = {
    "missing_here": "make a customer",
    "missing_there": "make an object there",
    "differing": "merge, and tell what is ours",
    "merged": "follow the merge",
    "erased": "let it rest",
}
SHOWN = 200
READ = 100


@dataclass(frozen=True)
class Finding:
    """One object that is not as it should be. fields: the partner's names, no values. odd: where it is a thing of ours."""

    kind: str
    found: str
    customer_id: int | None
    customer: str | None
    fields: tuple[str, ...] = ()
    seen: Seen | None = None
    odd: stocktaking.Odd | None = None


@dataclass
class Report:
    """agreeing: objects that say the same on both sides. open: fields that wait for a person's word."""

    agreeing: int = 0
    open: int = 0
    findings: list[Finding] = field(default_factory=list)
    applied: int = 0

    @property
    def clean(self) -> bool:
        return not self.findings

    def counts(self) -> dict[str, int]:
        by = Counter(one.found for one in self.findings)
        return {name: by[name] for name in CLASSES}

    def to_json(self) -> dict[str, Any]:
        fields = Counter(name for one in self.findings for name in one.fields)
        plan = [
            {"kind": one.kind, "found": one.found, "customer": one.customer, "fields": list(one.fields),
             "action": ACTIONS[one.found]}
            for one in self.findings[:SHOWN]
        ]  # fmt: skip
        return {"clean": self.clean, "agreeing": self.agreeing, "open": self.open, **self.counts(),
                "fields": dict(fields), "applied": self.applied, "plan": plan}  # fmt: skip


def compare(hub: Hub, partner: Partner, advanced: Callable[[int], None] = lambda _: None) -> Report:
    """Page all the partner has, and look up what we have beside it. Changes nothing. Raises PartnerError, ConfigError."""
    mapping, connector, report = outward.map_of(hub, partner), partner.connector, Report()
    if mapping is None or not isinstance(connector, Lists):
        raise ConfigError(f"“{partner.name}” is not kept in step.", "Its connector must list, and needs a mapping.")
    for rule in mapping.objects:
        met: set[int] = set()
        wanted, cursor = _fields(hub, partner, rule), None
        while True:
            page = connector.list(rule.kind, wanted, cursor)
            with hub.begin() as work:
                met |= _judge(hub, work, partner, rule, page.seen, report)
            advanced(len(page.seen))
            cursor = page.cursor
            if cursor is None:
                break
        _look_for_rest(hub, partner, rule, connector, met, report)
    for rule in mapping.things:
        count = stocktaking.take(hub, partner, connector, mapping, rule, advanced)
        report.agreeing += count.agreeing
        report.findings += [Finding(rule.kind, one.found, None, None, one.fields, one.seen, one) for one in count.odd]
    return report


def apply(hub: Hub, partner: Partner, report: Report, only: Collection[str] = CLASSES) -> int:
    """Do the plan, or the named classes of it, through the same stations as every change; answers how many objects."""
    mapping = outward.map_of(hub, partner)
    for rule in mapping.objects if mapping else ():
        chosen = [one for one in report.findings if one.kind == rule.kind and one.found in only]
        for batch in batches(chosen):
            following.fold_seen(hub, partner, [one.seen for one in batch if one.seen is not None])
            with hub.begin() as work:
                told = [
                    one.customer_id for one in batch if one.customer_id and one.found in {"missing_there", "differing"}
                ]
                if mapping and told:
                    outward.want(hub, work, partner, mapping, rule, told)
        report.applied += len(chosen)
    for rule in mapping.things if mapping else ():
        odd = [one.odd for one in report.findings if one.kind == rule.kind and one.found in only and one.odd]
        for some in batches(odd, READ):
            with hub.begin() as work:
                stocktaking.mend(hub, work, partner, mapping, rule, some)  # type: ignore[arg-type]
        report.applied += len(odd)
    with hub.begin() as work:
        standing = pulls.state(work, partner)
        standing.compared_at, standing.resync = work.now, False
        standing.report = {**report.counts(), "agreeing": report.agreeing, "applied": report.applied}
        work.audit("sync", "reconciled", "connection", partner.id, **report.counts(), applied=report.applied)
    return report.applied


def heal(hub: Hub, partner: Partner, rng: Random) -> int:
    """A partner whose log no longer reached back is compared and mended without anybody's word."""
    if outward.map_of(hub, partner) is None:
        return 0
    with hub.look() as session:
        standing = session.get(SyncState, partner.id)
    if standing is None or not standing.resync:
        return 0
    try:
        following.describe(hub, partner)
        return apply(hub, partner, compare(hub, partner))
    except PartnerError as error:
        pulls.stumble(hub, partner, error, rng)
        return 0


def _fields(hub: Hub, partner: Partner, rule: ObjectRule) -> list[str]:
    with hub.look() as session:
        gone = drift.quarantined(session, partner, rule.kind)
    return [one.theirs for one in rule.fields if one.theirs not in gone]


def _judge(hub: Hub, work: Work, partner: Partner, rule: ObjectRule, seen: Sequence[Seen], report: Report) -> set[int]:
    """Answers the customers that were found there."""
    people = Identities(work, partner, hub.here.jurisdiction)
    keys = {one.id: CustomerKey(partner_id=one.id, ref=one.ref) for one in seen}
    people.load(keys.values())
    known = {one: found for one, key in keys.items() if (found := people.find(key))}
    subjects = load_subjects(work, {one.customer.id for one in known.values()})
    mine = ours.read(work, subjects.values())
    agreed = agreements.load(work, partner, rule.kind, list(subjects.values()))
    asked, gone = (
        Asked(hub, work, partner, consents_of(work, subjects.values())),
        drift.quarantined(work.session, partner, rule.kind),
    )
    for one in seen:
        if one.id not in known:
            erased = people.was_erased(keys[one.id])
            if "here" in rule.creates and one.state == "live" and not erased:
                report.findings.append(Finding(rule.kind, "missing_here", None, None, (), one))
            continue
        customer_id = known[one.id].customer.id
        if customer_id not in mine:
            continue
        fields, waiting = _differing(rule, agreed[customer_id], mine[customer_id], one, gone)
        pushed = {name: one_rule for name, one_rule in fields.items() if one_rule is not None}
        allowed, _ = sayable.allowed_of(asked, subjects[customer_id], pushed.values())
        names = [name for name, pushing in fields.items() if pushing is None or pushing in allowed]
        report.open += waiting
        if names or agreed[customer_id].state != one.state:
            ref = subjects[customer_id].customer_ref
            report.findings.append(Finding(rule.kind, "differing", customer_id, ref, tuple(sorted(names)), one))
        else:
            report.agreeing += 1
    return {one.customer.id for one in known.values()}


def _differing(
    rule: ObjectRule, agreed: agreements.Agreed, mine: ours.Fields, seen: Seen, gone: set[str]
) -> tuple[dict[str, Any], int]:
    """Field -> its rule where only our side moved (so the policy must let it out), else None; and how many wait."""
    found: dict[str, Any] = {}
    waiting = 0
    for one in rule.fields:
        if one.theirs in gone or one.theirs not in seen.fields:
            continue
        try:
            theirs = canonical(one.transform, one.words, seen.fields[one.theirs])
        except Unfit:
            continue
        word = agreed.words.get(one.theirs)
        now = settled(one.transform, one.words, mine[one.ours])
        if theirs == now:
            continue
        if word is not None and (word.held or outward.is_refused(word, now)):
            waiting += 1
        else:
            found[one.theirs] = one if word is not None and word.value == theirs else None
    return found, waiting


def _look_for_rest(
    hub: Hub, partner: Partner, rule: ObjectRule, connector: Lists, met: set[int], report: Report
) -> None:
    """Ours that the listing did not name: merged, deleted, made meanwhile, or never made."""
    with hub.begin() as work:
        linked = following.known_ids(work, partner)
        everybody = set(work.session.scalars(select(Profile.customer_id)))
    for batch in batches(sorted(linked - met)):
        with hub.begin() as work:
            subjects = load_subjects(work, batch)
            agreed = agreements.load(work, partner, rule.kind, list(subjects.values()))
            resting = {one for one in agreed if agreed[one].state in {"archived", "erased"}}
            links = open_links(work, partner, [one for key, one in subjects.items() if key not in resting])
        by_id = {partner_id: customer_id for customer_id, partner_id in links.items()}
        for some in batches(sorted(by_id), READ):
            seen = connector.read(rule.kind, some, [one.theirs for one in rule.fields])
            _judge_rest(
                hub, partner, rule, seen, {one: subjects[by_id[one]].customer_ref for one in some}, by_id, report
            )
    if "there" in rule.creates:
        _unmade(hub, partner, rule, everybody - linked - met, report)


def _judge_rest(
    hub: Hub, partner: Partner, rule: ObjectRule, seen: Iterable[Seen], refs: dict[str, str], ids: dict[str, int],
    report: Report,
) -> None:  # fmt: skip
    live = []
    for one in seen:
        if one.state == "live":
            live.append(one)
        elif one.state == "merged":
            report.findings.append(Finding(rule.kind, "merged", ids[one.id], refs[one.id], (), one))
        else:
            gone = Seen(one.kind, one.id, one.ref, state="archived") if one.state == "missing" else one
            report.findings.append(Finding(rule.kind, "erased", ids[one.id], refs[one.id], (), gone))
    with hub.begin() as work:
        _judge(hub, work, partner, rule, live, report)


def _unmade(hub: Hub, partner: Partner, rule: ObjectRule, ids: set[int], report: Report) -> None:
    for batch in batches(sorted(ids)):
        with hub.begin() as work:
            subjects = load_subjects(work, batch)
            mine = ours.read(work, subjects.values())
            agreed = agreements.load(work, partner, rule.kind, list(subjects.values()))
            asked = Asked(hub, work, partner, consents_of(work, subjects.values()))
            for customer_id, subject in subjects.items():
                if agreed[customer_id].state != "live" or customer_id not in mine:
                    continue
                differing = outward.differences(rule, agreed[customer_id], mine[customer_id])
                allowed, _ = sayable.allowed_of(asked, subject, differing.values())
                if allowed:
                    report.findings.append(Finding(rule.kind, "missing_there", customer_id, subject.customer_ref))


def map_for(hub: Hub, partner: Partner) -> SyncMap:
    """Raises ConfigError where the connection is not kept in step."""
    mapping = outward.map_of(hub, partner)
    if mapping is None:
        hint = f"It needs options: {{two_way: true}} and config/mappings/{partner.connector.name}.yaml."
        raise ConfigError(f"“{partner.name}” is not kept in step.", hint)
    return mapping
