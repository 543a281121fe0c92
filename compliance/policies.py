"""What policies would have said: questions of the past weeks judged once more by other policies, and why one is answered so.

Plugins that decide beside the files are not asked."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from compliance import asked
from compliance.bases import with_basis
from hub.core import Hub
from hub.errors import WrongInput
from hub.flow.residence import Residences
from hub.policy import settle
from hub.sdk import Decision
from rules import RuleError
from rules.book import read_policy
from rules.catalogue import Fact
from rules.documents import PolicyRule
from rules.parse import read
from rules.policy import MESSAGE, QUESTIONS, Asked, decide
from rules.predicate import holds

SHOWN = {
    MESSAGE: ("topic", "purpose", "basis", "channel", "connector", "from_jurisdiction", "to_jurisdiction", "standing", "consent"),
    "approval": ("act", "same", "holds", "reason", "kind", "personal", "roles", "jurisdiction"),
    "residence": ("declared", "at_home", "region", "connector"),
}  # fmt: skip
Key = tuple[tuple[str, Any], ...]
Policies = Sequence[PolicyRule]


@dataclass(frozen=True)
class Difference:
    """A question that other policies answer otherwise, and how often, and about how many people, it was asked."""

    about: str
    facts: Mapping[str, Any]
    before: Decision
    after: Decision
    times: int
    people: int


@dataclass(frozen=True)
class Foreseen:
    """since: where the look back begins. left_out: questions that cannot be asked again, as a partner, a customer or what was written
    down of them is not there."""

    since: datetime
    judged: int
    left_out: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Said:
    """One policy about one question: its verdict and reason, or `silent`."""

    policy: str
    verdict: str
    reason: str


def proposed(hub: Hub, files: Iterable[Path], without: Collection[str] = ()) -> Policies:
    """Those in force, each replaced by the file that bears its name, new ones added, some taken away. Raises WrongInput."""
    stand = {one.name: one for one in hub.book.current().policies}
    for name in without:
        if stand.pop(name, None) is None:
            raise WrongInput(f"There is no policy “{name}” to do without.", f"In force: {', '.join(sorted(stand))}.")
    for path in files:
        try:
            rule = read_policy(read(path))
        except RuleError as error:
            raise WrongInput(str(error)) from None
        stand[rule.name] = rule
    return tuple(stand.values())


def plan(hub: Hub, others: Policies, days: int) -> Foreseen:
    """Whatever was asked in the last `days` of the questions whose policies differ, judged by those in force and by others; changes
    nothing."""
    since, book = hub.clock() - timedelta(days=days), hub.book.current().policies
    judged_now, left_out, differences = 0, 0, list[Difference]()
    for about in QUESTIONS:
        mine, theirs = ([one.hash for one in several if one.question == about] for several in (book, others))
        if sorted(mine) != sorted(theirs):
            times, people, lost = _counted(hub, about, since)
            differences += _differences(about, times, people, book, others, hub.clock())
            judged_now, left_out = judged_now + times.total(), left_out + lost
    differences.sort(key=lambda one: -one.times)
    return Foreseen(since, judged_now, left_out, tuple(differences))


def _counted(hub: Hub, about: str, since: datetime) -> tuple[Counter[Key], Mapping[Key, set[int]], int]:
    times, people, left_out = Counter[Key](), defaultdict[Key, set[int]](set), 0
    for facts, person in asked.since(hub, about, since):
        if facts is None:
            left_out += 1
            continue
        key = tuple(facts.items())
        times[key] += 1
        people[key].add(person)
    return times, people, left_out


def _differences(
    about: str, times: Counter[Key], people: Mapping[Key, set[int]], book: Policies, others: Policies, now: datetime
) -> Iterable[Difference]:
    for key, count in times.items():
        before, after = (judged(one, dict(key), now, about) for one in (book, others))
        if (before.verdict, before.mask, before.law) != (after.verdict, after.mask, after.law):
            yield Difference(about, dict(key), before, after, count, len(people[key]))


def judged(policies: Policies, facts: Mapping[str, Any], now: datetime, about: str = MESSAGE) -> Decision:
    """As one answer: a deny is enough, masks add up, silence is a no."""
    spoken = decide(policies, facts, now, about)
    return settle(Decision(one.verdict, one.policy, one.reason, frozenset(one.mask), one.law) for one in spoken)


def why(policies: Policies, facts: Mapping[str, Any], now: datetime, about: str = MESSAGE) -> list[Said]:
    """Every policy's word on one question, those that spoke first."""
    question = Asked(facts)
    said = [
        Said(one.name, one.verdict, one.because) if holds(one.applies, question, now, "UTC") else Said(one.name, "silent", "")
        for one in policies if one.question == about
    ]  # fmt: skip
    return sorted(said, key=lambda one: (one.verdict == "silent", one.policy))


def question_of(pairs: Iterable[str], about: str = MESSAGE) -> dict[str, Any]:
    """`fact=value` -> facts, typed as the question has them. Raises WrongInput for what is no fact of it."""
    known, facts = QUESTIONS[about].facts, dict[str, Any]()
    for pair in pairs:
        name, is_pair, value = pair.partition("=")
        if not is_pair or name not in known or not value:
            raise WrongInput(
                f"“{pair}” is no fact of a question.", f"Write fact=value, with one of: {', '.join(known)}."
            )
        facts[name] = _typed(known[name], value)
    return facts


def in_region(hub: Hub, facts: Mapping[str, Any], about: str) -> dict[str, Any]:
    """With what the region knows beside what was said: of a declared residence, and on which basis a purpose rests."""
    here = Residences(hub).facts(str(facts["declared"])) if about == "residence" and "declared" in facts else {}
    return {**here, **with_basis(hub.settings.config, facts)}


def _typed(fact: Fact, value: str) -> Any:
    match fact.type:
        case "flag" if value in ("yes", "no", "true", "false"):
            return value in ("yes", "true")
        case "number" if value.isascii() and value.isdecimal():
            return int(value)
        case "set":
            return frozenset(value.split(","))
        case "text":
            return value
    raise WrongInput(f"“{fact.name}={value}” is no {fact.type}.", "A flag is yes or no, a number has digits only.")
