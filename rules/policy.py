"""The questions that policies are asked, with their facts; which policies speak of one, and what they say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from rules.catalogue import COUNTRY, Catalogue, Fact
from rules.documents import PolicyRule
from rules.predicate import View, holds

QUESTION = Catalogue(
    (
        Fact("purpose", "text", "", "what it is for: crm_sync, loyalty, service_notice, marketing ..."),
        Fact("basis", "text", "", "the lawful basis of this purpose (purposes.yaml): consent, contract ..."),
        Fact("channel", "text", "", "how it goes: api, mail, sms ..."),
        Fact("topic", "text", "", "what is told: segment_entered, tier_changed ..."),
        Fact("connector", "text", "", "who is told, by the connector's name"),
        Fact("from_region", "text", "", "the region the person's data lies in"),
        Fact("from_jurisdiction", "text", COUNTRY, "whose law protects the person"),
        Fact("to_jurisdiction", "text", COUNTRY, "whose law the receiver is under"),
        Fact("standing", "text", "", "live, restricted (kept, not used) or erased"),
        Fact("consent", "text", "", "granted, withdrawn or never_asked, for this purpose and channel"),
        Fact("fields", "set", "", "personal fields that would go along: name, phone ..."),
    )
)
APPROVAL = Catalogue(
    (
        Fact("act", "text", "", "what somebody says yes to: erasure, merger, archive_opening or configuration"),
        Fact("same", "flag", "", "whoever says yes is who asked for it"),
        Fact("roles", "set", "", "roles of whoever says yes; machine: they have the machine, and its commands"),
        Fact("holds", "number", "", "legal holds that stand in the way"),
        Fact("reason", "text", "", "what for, where an act has reasons: tax_audit, legal_claim ..."),
        Fact("kind", "text", "", "of a configuration: segments, journeys, mappings or policies"),
        Fact("personal", "flag", "", "a configuration changes which personal values go to or come from a partner"),
        Fact("region", "text", "", "the region it is done in"),
        Fact("jurisdiction", "text", COUNTRY, "whose law protects the person it is about"),
    )
)
RESIDENCE = Catalogue(
    (
        Fact("declared", "text", COUNTRY, "the residence that a record declares, as ISO 3166 has it: DE, SA ..."),
        Fact("at_home", "flag", "", "the region lists it among its residences (hub.yaml)"),
        Fact("region", "text", "", "the region that the record came to"),
        Fact("law", "text", COUNTRY, "the region's own jurisdiction"),
        Fact("connector", "text", "", "who told us, by the connector's name"),
    )
)
MESSAGE = "message"
QUESTIONS: Mapping[str, Catalogue] = {MESSAGE: QUESTION, "approval": APPROVAL, "residence": RESIDENCE}
VERDICTS: Mapping[str, tuple[str, ...]] = {
    MESSAGE: ("allow", "deny", "mask"), "approval": ("allow", "deny"), "residence": ("allow", "deny"),
}  # fmt: skip


@dataclass(frozen=True)
class Spoken:
    """law: under which a record is kept here, of an allowed residence; empty: the one that it declares."""

    verdict: Literal["allow", "deny", "mask"]
    policy: str
    reason: str
    mask: tuple[str, ...]
    law: str = ""


class Asked(View):
    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts

    def fact(self, name: str) -> Any:
        return self.facts.get(name)


def decide(
    policies: Iterable[PolicyRule], facts: Mapping[str, Any], now: datetime, about: str = MESSAGE
) -> list[Spoken]:
    """One word per policy of this question whose `applies` holds; an empty list is silence."""
    question = Asked(facts)
    return [
        Spoken(cast(Literal["allow", "deny", "mask"], rule.verdict), rule.name, rule.because, rule.mask, rule.law)
        for rule in policies
        if rule.question == about and holds(rule.applies, question, now, "UTC")
    ]
