"""A draft of the data protection impact assessment (GDPR Art. 35(7)): what can be known from the code, the configuration and the
database is filled in; what a person must judge is left open, and named.

The criteria are those of the Article 29 Working Party (WP 248 rev.01, endorsed by the EDPB): two that are met call for an assessment."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select

from compliance.anonymity import told
from compliance.releases import HISTORY, release_of
from compliance.ropa import Record, record_of
from hub.core import Hub
from hub.models import Person
from hub.own import OWN

MANY = 10_000  # people; the guideline gives no number, so this is where we begin to call it large
CALLS = 2
TO_JUDGE = "to be judged"


@dataclass(frozen=True)
class Facts:
    """people: whose data are kept. least: how many a count has where it is told. scorers: models that predict something of
    somebody. rules: segments and journeys that decide about people by themselves. partners: who tells us of people."""

    people: int
    scorers: tuple[str, ...]
    rules: int
    partners: tuple[str, ...]
    abroad: tuple[str, ...]
    least: int


@dataclass(frozen=True)
class Criterion:
    """met: True, False, or None where only a person can tell. why: by which facts."""

    name: str
    met: bool | None
    why: str


@dataclass(frozen=True)
class Risk:
    """measures: what stands against it today. likelihood, severity: a person's word."""

    name: str
    measures: tuple[str, ...]
    likelihood: str = TO_JUDGE
    severity: str = TO_JUDGE


@dataclass(frozen=True)
class Draft:
    processing: Record
    criteria: tuple[Criterion, ...]
    is_called_for: bool
    doubts: tuple[str, ...]
    risks: tuple[Risk, ...]
    open: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def draft_of(hub: Hub) -> Draft:
    """Raises ConfigError for a purposes or retention file that is wrong."""
    record, facts = record_of(hub), facts_of(hub)
    criteria = tuple(Criterion(name, *judge(facts)) for name, judge in CRITERIA.items())
    doubts = [f"{one.purpose}: its basis was read more than a year ago" for one in record.entries if one.is_stale]
    doubts += [
        f"{one.purpose}: its basis names no place in a law"
        for one in record.entries
        if one.recipients and not one.source
    ]
    met = sum(one.met is True for one in criteria)
    return Draft(record, criteria, met >= CALLS, tuple(doubts), RISKS, OPEN)


def facts_of(hub: Hub) -> Facts:
    book = hub.book.current()
    with hub.look() as session:
        alive = select(func.count()).select_from(Person).where(Person.erased_at.is_(None))
        people = int(session.scalar(alive) or 0)
    scorers = sorted({one.name for several in hub.plugins.hook.register_scorers() for one in several})
    others = [partner.settings for partner in hub.partners.values() if partner.name != OWN]
    abroad = tuple(sorted(one.name for one in others if one.jurisdiction not in ("", hub.here.jurisdiction)))
    return Facts(
        people,
        tuple(scorers),
        len(book.segments) + len(book.journeys),
        tuple(sorted(one.name for one in others)),
        abroad,
        release_of(hub.settings.config, HISTORY).k,
    )


Verdict = tuple[bool | None, str]
CRITERIA: Mapping[str, Callable[[Facts], Verdict]] = {
    "evaluation or scoring": lambda facts: (bool(facts.scorers), _named("models", facts.scorers)),
    "automated decisions with a similarly significant effect": lambda facts: (
        None, f"{facts.rules} segments and journeys act by themselves; whether one of them matters that much, a person must say"
    ),
    "systematic monitoring": lambda _facts: (None, "visits and messages are recorded, places are not; a person must say"),
    "sensitive data": lambda _facts: (None, "no column is made for them; free text may hold some"),
    "large scale": lambda facts: (
        facts.people >= MANY, f"{told(facts.people, facts.least)} people, large from {MANY}"
    ),
    "matching or combining datasets": lambda facts: (len(facts.partners) > 1, _named("partners", facts.partners)),
    "vulnerable people": lambda _facts: (None, "ages are not kept; a person must say"),
    "new technology": lambda facts: (bool(facts.scorers), _named("models", facts.scorers)),
    "keeps people from a right or a service": lambda _facts: (None, "a person must say"),
}  # fmt: skip


def _named(what: str, names: tuple[str, ...]) -> str:
    return f"{len(names)} {what}: {', '.join(names)}" if names else f"no {what}"


RISKS = (
    Risk(
        "somebody reads what they may not (confidentiality)",
        (
            "values are sealed under a key per person",
            "desks open to roles, sign-in by passkey or link",
            "each look is audited and shown to the person",
            "a breach has a register with the clock of each law",
        ),
    ),
    Risk(
        "data are altered (integrity)",
        ("ciphertexts are bound to their row", "the audit chain is sealed, signed and anchored outside"),
    ),
    Risk(
        "data are lost (availability)",
        ("backups of data and keys apart", "a restore is one transaction, erasures are replayed"),
    ),
    Risk(
        "somebody is treated wrongly by a rule or a score",
        (
            "every decision has its trace (hub why)",
            "a person may ask for human review, and object to profiling",
            "restricted people are used by nothing",
        ),
    ),
    Risk(
        "data go where another law rules",
        ("policies are asked before each message, silence is a no", "a region holds its own credentials only"),
    ),
    Risk(
        "data are kept too long",
        ("periods are data, purged each night through one gate", "erasure ends the key, in backups too"),
    ),
)
OPEN = (
    "why each purpose is necessary and proportionate, and what milder way was considered",
    "legitimate interests: the balance against the interests of the people",
    "likelihood and severity of each risk, and whether what is left can be accepted",
    "the advice of the data protection officer (Art. 35(2)) and the views of the people (Art. 35(9))",
    "whether the authority must be consulted before (Art. 36)",
)


def text(draft: Draft) -> str:
    """Markdown, to go on writing in."""
    record = draft.processing
    lines = [
        f"# Data protection impact assessment: {record.controller['name']}, region {record.region}", "",
        f"Draft of {record.made_on}, law of {record.jurisdiction}. Made of the system itself; what is marked “{TO_JUDGE}” is yours.",
        "", "## What is done", "",
        "| purpose | basis | kinds of data | kept | recipients | under another law |", "|---|---|---|---|---|---|",
        *(_row(one.purpose, f"{one.basis} {one.source}".strip(), *(", ".join(several) or "–" for several in
               (one.categories, one.kept, one.recipients, one.transfers))) for one in record.entries),
        "", "## Is an assessment called for?", "", "| criterion (WP 248 rev.01) | met | by |", "|---|---|---|",
        *(_row(one.name, {True: "yes", False: "no", None: TO_JUDGE}[one.met], one.why) for one in draft.criteria),
        "", f"**{'Yes' if draft.is_called_for else 'Not by what the system knows'}**: two that are met call for one.",
        *(["", "Doubts:", "", *(f"- {one}" for one in draft.doubts)] if draft.doubts else []),
        "", "## Risks", "", "| risk | what stands against it | likelihood | severity |", "|---|---|---|---|",
        *(_row(one.name, "; ".join(one.measures), one.likelihood, one.severity) for one in draft.risks),
        "", "## Yours to write", "", *(f"- [ ] {one}" for one in draft.open),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
