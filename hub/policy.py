"""May this be done? Everyone is asked, one deny is enough, silence is a no, and so is a crash."""

import logging
from collections.abc import Iterable
from typing import Any

from hub.sdk.contracts import Decision, Question

log = logging.getLogger(__name__)
NOBODY = Decision("deny", "", "no policy speaks of this")


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
