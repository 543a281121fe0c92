"""Pure thinking: documents in, verdicts out; no Flask, no queue, no process."""

from rules.book import load_book
from rules.catalogue import Catalogue, EventKind, Fact
from rules.documents import Example, PolicyRule, Rulebook, SegmentRule
from rules.errors import Problem, RuleError

__all__ = [
    "Catalogue",
    "EventKind",
    "Example",
    "Fact",
    "PolicyRule",
    "Problem",
    "RuleError",
    "Rulebook",
    "SegmentRule",
    "load_book",
]
