"""What a document in an editor would do: read, compared, planned, and who may write it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, make_response, redirect, request, url_for
from sqlalchemy import select

from hub.core import Hub
from hub.errors import Denied, NotFound, WrongInput
from hub.flow import foreseen, outward, plans, written
from hub.flow.in_force import versions_in_force
from hub.flow.proposals import Wish, needs_second
from hub.flow.threeway import Chunk, chunks, woven
from hub.flow.written import Written
from hub.models import JourneyVersion
from portal import guard
from portal.configured import NAME, Row, compared
from portal.connections import partners_of
from portal.desks import ADMINS, MARKETERS
from portal.mapped import MappedObject, Shift, mapped, shifts
from rules import PolicyRule, SegmentRule
from rules.errors import Problem
from rules.examples import policy_verdict
from rules.journeys.documents import JourneyRule
from rules.syncmap import SyncMap

WRITERS = {"segments": MARKETERS, "journeys": MARKETERS, "mappings": ADMINS, "policies": ADMINS}
BEGINNINGS = {"segments": "segment: {}\ntitle: \nwhen:\n  \nexamples:\n  - {{name: , given: {{}}, expect: in}}\n",
              "journeys": "journey: {}\ntitle: \nzone: Europe/Berlin\npurpose: \nenter: \ngoal: \nsteps:\n  \ntests:\n  \n"}  # fmt: skip


def writable(kind: str, name: str) -> None:
    """Raises NotFound for what no editor opens, Denied for a role that may not write it."""
    if kind not in WRITERS or not NAME.fullmatch(name) or "." in name:
        raise NotFound("There is no such page.")
    if not guard.holds(*WRITERS[kind]):
        raise Denied("This kind of document is not written by your role.", f"It is by: {', '.join(WRITERS[kind])}.")


def begin_writing(kind: str) -> Response:
    """To the editor, under the name that a form asked for. Raises WrongInput."""
    name = re.sub(r"[\s-]+", "_", request.args.get("name", "").strip().lower())
    if not NAME.fullmatch(name) or "." in name:
        raise WrongInput(
            "A name begins with a letter and has letters, digits and _ only.", "For example: lapsed_regulars"
        )
    return make_response(redirect(url_for("portal.editor.edit", kind=kind, name=name), 303))


def begun(hub: Hub, kind: str, name: str) -> str:
    """What an editor opens with. Raises NotFound for a name that nobody has, of a kind that does not begin at a desk."""
    text = written.standing(hub, kind, name)
    if not text and kind == "journeys":
        with hub.look() as session:
            mine = (JourneyVersion.journey == name, JourneyVersion.ended_at.is_(None))
            text = session.scalars(select(JourneyVersion.text).where(*mine)).first() or ""
    if not text and kind not in BEGINNINGS:
        raise NotFound("There is no such document.", "Those of this region stand in the list.")
    return text or BEGINNINGS[kind].format(name)


@dataclass(frozen=True)
class Sample:
    """One live record of one connection going through a mapping, and what the mapping would write differently there."""

    connection: str
    objects: Sequence[MappedObject]
    shifts: Sequence[Shift]


@dataclass(frozen=True)
class Effect:
    """What putting it in force would do. rows: the document line by line against the one that stands. in_force: it says what is in
    force already. second: somebody else has to say yes. journey, segment, samples, judged: of its kind only."""

    rule: Written
    rows: Sequence[Row]
    in_force: bool
    second: bool
    journey: foreseen.Plan | None = None
    segment: plans.Plan | None = None
    samples: Sequence[Sample] = field(default_factory=tuple)
    judged: Sequence[tuple[str, str, str]] = ()


def effect_of(hub: Hub, wish: Wish, rule: Written, *, opened: bool = False) -> Effect:
    """Nothing is written. opened: values of samples as they are, for whoever may see them."""
    now = written.standing(hub, wish.kind, wish.name)
    more: dict[str, Any] = {}
    in_force = now == wish.text
    if isinstance(rule, JourneyRule):
        with hub.look() as session:
            in_force = any(version.rule.hash == rule.hash for version in versions_in_force(hub, session))
        more["journey"] = foreseen.plan(hub, rule, wish.fate)
    elif isinstance(rule, SegmentRule):
        more["segment"] = plans.plan(hub, rule)
    elif isinstance(rule, SyncMap):
        more["samples"] = samples(hub, rule, opened=opened)
    elif isinstance(rule, PolicyRule):
        more["judged"] = judged(hub, rule)
    second = now != wish.text and needs_second(hub, now, rule, guard.roles())
    return Effect(rule, compared(now, wish.text), in_force, second, **more)


def judged(hub: Hub, rule: PolicyRule) -> list[tuple[str, str, str]]:
    """(question, answer as it stands, answer by this) of every example that policies of its question have, where they differ."""
    book = [one for one in hub.book.current().policies if one.question == rule.question]
    before = next((one for one in book if one.name == rule.name), None)
    asked = {one.name: one for policy in (*book, rule) for one in policy.examples}
    answers = (
        (one.name, policy_verdict(before, one) if before else "silent", policy_verdict(rule, one))
        for one in asked.values()
    )
    return [answer for answer in answers if answer[1] != answer[2]]


def samples(hub: Hub, rule: SyncMap, *, opened: bool = False) -> list[Sample]:
    """Of each connection that is kept in step by it."""
    found = []
    for partner in partners_of(hub):
        standing = outward.map_of(hub, partner)
        if standing is not None and standing.name == rule.name:
            told = mapped(hub, partner, mapping=rule, opened=opened)
            found.append(Sample(partner.name, told[1] if told else (), shifts(hub, partner, rule)))
    return found


@dataclass(frozen=True)
class Met:
    """Two people in one document: what each changed, and both as one text. clashes: places where they differ."""

    chunks: Sequence[Chunk]
    text: str
    clashes: int


def met(base: str, mine: str, theirs: str) -> Met:
    found = chunks(base, mine, theirs)
    return Met(found, woven(found), sum(one.kind == "clash" for one in found))


def placed(problems: Sequence[Problem]) -> list[tuple[int, int, str, str]]:
    """(line, column, what, hint) of each; line 0 for what has no place."""
    return [(one.mark.line, one.mark.column, one.what, one.hint) for one in problems]
