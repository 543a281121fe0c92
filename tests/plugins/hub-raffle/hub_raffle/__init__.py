"""A step that draws among customers: the more visits, the better the odds; the same person on the same day draws the same."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.sdk import Step, StepAnswer, hookimpl


class Raffle:
    name = "raffle"
    meaning = "draws a prize; each visit is a ticket"
    facts = ("visits.count", "customer.joined_on")
    takes: Mapping[str, str] = {"prize": "text", "odds": "number"}
    outcomes = ("won", "lost", "not_yet")
    cause = "raffle_won"

    def advance(self, given: Mapping[str, Any], facts: Mapping[str, Any], now: datetime) -> StepAnswer:
        tickets = facts["visits.count"] or 0
        if not tickets:
            return StepAnswer("not_yet")
        ball = hashlib.sha256(f"{facts['customer.joined_on']}:{now:%Y-%m-%d}".encode()).digest()[0] / 256
        if ball >= min(1.0, given["odds"] * tickets):
            return StepAnswer("lost")
        return StepAnswer("won", {"prize": given["prize"], "tickets": tickets})


@hookimpl
def register_steps() -> Sequence[Step]:
    return [Raffle()]
