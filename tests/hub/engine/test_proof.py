"""durable-rules and plain Python give the same answers about random customers, and no customer is lost to a broken child."""

import os
import sys
from random import Random

import pytest

from hub.engine.matching import ChainMatcher, SequenceMatcher, is_built
from hub.engine.process import Process
from hub.engine.proof import MOMENT, a_history, prove, some_sequences
from rules.patterns import Chain, choose
from rules.predicate import judge

CASES = int(os.environ.get("HUB_PROPERTY_CASES", "400"))
FORGED = """
import json, os, sys, time
sys.stdin.readline()
for line in sys.stdin:
    questions = json.loads(line)
    for question in questions:
        if {"t": "poison"} in question[0]:
            %s
    print(json.dumps([["fine"] for _ in questions]), flush=True)
"""


def child(what):
    return (sys.executable, "-c", FORGED % what)


def test_the_matcher_that_serves_here_equals_the_predicate():
    proof = prove(Process if is_built() else None, Random(7), CASES)

    assert proof.wrong == 0
    assert proof.verdicts > CASES
    assert proof.engine == (2 * CASES if is_built() else 0)


def test_without_durable_rules_the_answers_are_the_same():
    proof = prove(None, Random(8), 200)

    assert (proof.wrong, proof.engine) == (0, 0)
    assert proof.verdicts > 200


@pytest.mark.parametrize(("what", "ended"), [
    ("os.abort()", "ended with -6"), ("time.sleep(60)", "no answer within 2 s"), ("print('nonsense', flush=True)", "ended with"),
    ("sys.exit(1)", "ended with"),
])  # fmt: skip
def test_a_question_that_kills_the_child_is_put_aside_and_the_others_are_answered(what, ended):
    process = Process({"rulesets": [], "follow": {}}, timeout=2.0, command=child(what))
    good, poison = [[{"t": "good"}]], [[{"t": "poison"}]]

    answers = process.ask([good, poison, good])
    again = process.ask([poison, good])
    process.close()

    assert answers == [{"fine"}, None, {"fine"}]
    assert again == [None, {"fine"}]
    assert [reason.startswith(ended) for reason in process.report.quarantined.values()] == [True]


def test_customers_whom_the_engine_fails_on_are_judged_by_plain_python():
    rng = Random(9)
    broken = SequenceMatcher(some_sequences(), lambda program: Process(program, 2.0, (sys.executable, "-c", "")))
    histories = [a_history(rng) for _ in range(3)]

    found = broken.match(histories, MOMENT)
    broken.close()

    wanted = [{name for name, one in some_sequences().items() if judge(one, view, MOMENT, None)} for view in histories]
    assert found == wanted
    assert broken.report()["built_in"] == 3


def test_a_chain_leads_from_facts_over_conclusions_to_the_best_proposal():
    chains = [
        Chain("may_mail", frozenset({"consent.mail", "mail.known"}), "mail"),
        Chain("offer_brakes", frozenset({"mail", "brakes.declined"}), "brakes_by_mail", 5),
        Chain("offer_check", frozenset({"mail"}), "check_by_mail", 2),
    ]
    matcher = ChainMatcher(chains, Process if is_built() else None)

    both, none = matcher.follow(
        [frozenset({"consent.mail", "mail.known", "brakes.declined"}), frozenset({"brakes.declined"})]
    )
    matcher.close()

    assert choose(chains, both) == ["brakes_by_mail", "check_by_mail"]
    assert choose(chains, none) == []
