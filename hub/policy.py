"""May this be done? Everyone is asked, one deny is enough, silence is a no, and so is a crash."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hub.actors import are_one
from hub.errors import Denied, SecondNeeded
from hub.sdk.contracts import Decision, Question

log = logging.getLogger(__name__)
NOBODY = Decision("deny", "", "no policy speaks of this")
AT_THE_MACHINE = frozenset({"machine"})  # whoever has the database and its keys; no role of a desk bears this name


def judge(hub: Any, question: Question) -> Decision:
    """hub: passed on to the plugins that are asked."""
    try:
        answers = hub.plugins.hook.decide(hub=hub, question=question)
    except Exception as error:  # whatever breaks in a policy, the answer is no
        log.exception("policy crashed", extra={"reason": type(error).__name__})
        return Decision("deny", "", f"a policy crashed ({type(error).__name__})")
    return settle(decision for several in answers for decision in several)


def settle(decisions: Iterable[Decision]) -> Decision:
    """The first deny; else, where somebody allows it, all masks together or the allow; else no. A mask alone permits nothing."""
    spoken = list(decisions)
    denies = [one for one in spoken if one.verdict == "deny"]
    allows = [one for one in spoken if one.verdict == "allow"]
    masks = [one for one in spoken if one.verdict == "mask"]
    if denies:
        return denies[0]
    if masks and allows:
        fields = frozenset().union(*(one.mask for one in masks))
        return Decision("mask", masks[0].policy, masks[0].reason, fields)
    return allows[0] if allows else NOBODY


def approval(
    hub: Any, session: Session, act: str, *, by: str, asked_by: str | None, roles: Collection[str], now: datetime,
    **facts: Any,
) -> Question:  # fmt: skip
    """May `by` say yes to an act that `asked_by` wants? Both as they are audited (hub.actors). facts: more of
    rules.policy.APPROVAL."""
    told = {
        "act": act,
        "same": are_one(session, by, asked_by or ""),
        "roles": frozenset(roles),
        "region": hub.region_code,
        "holds": 0,
        **facts,
    }
    return Question(told, now, "approval")


def expect_approval(hub: Any, question: Question) -> dict[str, Any]:
    """What is audited of a yes: the facts, and the policy that let it pass. Raises SecondNeeded, Denied."""
    decision = judge(hub, question)
    if decision.verdict != "allow":
        reason = f"{decision.reason} ({decision.policy or 'config/policies'})."
        if question.facts["same"]:
            raise SecondNeeded("This needs a second pair of eyes.", f"Somebody else says yes to it: {reason}")
        raise Denied("You may not say yes to this.", f"{reason[:1].upper()}{reason[1:]}")
    return {"asked": {**question.facts, "roles": sorted(question.facts["roles"])}, "policy": decision.policy}
