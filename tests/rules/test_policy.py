"""Policies speak of a question, or are silent."""

from datetime import UTC, datetime

from rules.book import read_policy
from rules.documents import PolicyRule
from rules.parse import read_text
from rules.policy import decide

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def policy(name: str, applies: str, verdict: str, more: str = "") -> PolicyRule:
    text = f"""policy: {name}
title: A policy
applies: {applies}
verdict: {verdict}
because: it is so
{more}
examples:
  - {{name: yes, given: {{purpose: marketing, consent: granted, channel: sms}}, expect: {verdict}}}
  - {{name: no, given: {{purpose: other}}, expect: silent}}
"""
    return read_policy(read_text(text.encode(), f"{name}.yaml"))


CONSENTED = policy("consented", "{consent: {is: granted}}", "allow")
NO_PHONE = policy("no_phone", "{channel: {is: sms}}", "mask", "mask: [phone]")


def test_each_policy_that_applies_says_its_word() -> None:
    said = decide([CONSENTED, NO_PHONE], {"consent": "granted", "channel": "sms"}, NOW)

    assert [(one.verdict, one.policy, one.mask) for one in said] == [
        ("allow", "consented", ()),
        ("mask", "no_phone", ("phone",)),
    ]


def test_nobody_speaks_of_an_unknown_question() -> None:
    assert decide([CONSENTED, NO_PHONE], {}, NOW) == []
