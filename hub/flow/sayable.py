"""Which fields may leave a person's jurisdiction, and which of them can be said in the partner's words."""

from collections.abc import Iterable

from hub.core import Partner
from hub.flow import drift
from hub.flow.effects import Asked, Subject
from hub.flow.ours import Fields
from hub.sdk import SET_FIELDS, EffectClass, Topic
from hub.targets import SYNCED
from hub.work import Work
from rules.syncmap import PEOPLE, FieldRule, ObjectRule
from rules.transforms import Unfit, spoken

MASKED = {"given_name": "name", "family_name": "name"}  # policies speak of the name


def allowed_of(
    asked: Asked, subject: Subject, rules: Iterable[FieldRule], about: str = PEOPLE
) -> tuple[list[FieldRule], str]:
    """Fields that the policy lets leave this person's jurisdiction, and why others stay. Asked once per purpose."""
    allowed: list[FieldRule] = []
    reason = ""
    by_purpose: dict[str, list[FieldRule]] = {}
    for rule in rules:
        by_purpose.setdefault(rule.purpose, []).append(rule)
    for purpose, several in by_purpose.items():
        names = {MASKED.get(one.ours, one.ours) for one in several if SYNCED[about][one.ours].personal}
        decision = asked.about(subject, Topic(SET_FIELDS, EffectClass.NATURAL, purpose, tuple(sorted(names))))
        if decision.verdict == "deny":
            reason = f"{decision.policy}: {decision.reason}"
        else:
            allowed += [one for one in several if MASKED.get(one.ours, one.ours) not in decision.mask]
    return allowed, reason


def fits(rule: FieldRule, mine: Fields) -> bool:
    try:
        spoken(rule.transform, rule.words, mine[rule.ours])
    except Unfit:
        return False
    return True


def spoken_of(
    work: Work, partner: Partner, rule: ObjectRule, fields: Iterable[FieldRule], mine: Fields
) -> dict[str, str | None]:
    found = {}
    for one in fields:
        try:
            found[one.theirs] = spoken(one.transform, one.words, mine[one.ours])
        except Unfit:
            drift.unfit(work, partner, rule.kind, one.theirs)
    return found
