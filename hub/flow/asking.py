"""What the policy says of an advisor who would call a customer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from hub.core import Hub
from hub.sdk import Decision, Question

CHANNEL = "phone"


class Subject(NamedTuple):
    """Whom the policy is asked about."""

    person_id: int
    jurisdiction: str
    restricted_at: datetime | None
    erased_at: datetime | None


class Asked:
    """The policy's answers for an advisor's call; equal questions are asked once, as facts name nobody."""

    def __init__(self, hub: Hub, subjects: Mapping[int, Subject], said: Mapping[tuple[int, str], str]) -> None:
        self.hub, self.subjects, self.said = hub, subjects, said
        self.answers: dict[Any, Decision] = {}

    def denied(self, customer_id: int, purpose: str) -> str:
        person, jurisdiction, restricted, erased = self.subjects[customer_id]
        facts: Mapping[str, Any] = {
            "purpose": purpose,
            "channel": CHANNEL,
            "topic": "call",
            "connector": "desk",
            "from_region": self.hub.region_code,
            "from_jurisdiction": jurisdiction,
            "to_jurisdiction": self.hub.here.jurisdiction,
            "standing": "erased" if erased else "restricted" if restricted else "live",
            "consent": self.said.get((person, purpose), "never_asked"),
            "fields": (),
        }
        key = tuple(facts.items())
        if key not in self.answers:
            self.answers[key] = self.hub.permits(Question(facts, self.hub.clock()))
        answer = self.answers[key]
        return f"{answer.policy}: {answer.reason}" if answer.verdict == "deny" else ""
