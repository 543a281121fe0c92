"""Which policies speak of a question, and what they say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from rules.catalogue import Catalogue, Fact
from rules.documents import PolicyRule
from rules.predicate import View, holds

QUESTION = Catalogue(
    (
        Fact("purpose", "text", "", "what it is for: crm_sync, loyalty, service_notice, marketing ..."),
        Fact("channel", "text", "", "how it goes: api, mail, sms ..."),
        Fact("topic", "text", "", "what is told: segment_entered, tier_changed ..."),
        Fact("connector", "text", "", "who is told, by the connector's name"),
        Fact("from_region", "text", "", "the region the person's data lies in"),
        Fact("from_jurisdiction", "text", "", "whose law protects the person"),
        Fact("to_jurisdiction", "text", "", "whose law the receiver is under"),
        Fact("standing", "text", "", "live, restricted (kept, not used) or erased"),
        Fact("consent", "text", "", "granted, withdrawn or never_asked, for this purpose and channel"),
    )
)


@dataclass(frozen=True)
class Spoken:
    verdict: Literal["allow", "deny", "mask"]
    policy: str
    reason: str
    mask: tuple[str, ...]


class Asked(View):
    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts

    def fact(self, name: str) -> Any:
        return self.facts.get(name)


def decide(policies: Iterable[PolicyRule], facts: Mapping[str, Any], now: datetime) -> list[Spoken]:
    """One word per policy whose `applies` holds; an empty list is silence."""
    question = Asked(facts)
    return [
        Spoken(cast(Literal["allow", "deny", "mask"], rule.verdict), rule.name, rule.because, rule.mask)
        for rule in policies
        if holds(rule.applies, question, now, "UTC")
    ]
